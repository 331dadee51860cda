"""Tiny real models of each architecture, made offline: random weights, a real tokenizer.

Weights are drawn from a fixed seed and a wide distribution, so that different texts get clearly
different vectors and scores. A folder made twice with the same arguments is the same.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any, Literal

Architecture = Literal["bert", "electra", "xlmr"]

#: what the tokenizers are trained on; tests may encode these and anything made of their letters
SENTENCES = (
    "عاصمة مصر هي القاهرة وتقع على ضفاف نهر النيل",
    "نهر النيل أطول أنهار العالم ويمر في السودان ومصر",
    "الجزائر أكبر دولة في أفريقيا من حيث المساحة",
    "تأسست جامعة القرويين في مدينة فاس سنة 859",
    "كتب ابن خلدون المقدمة في القرن الرابع عشر",
    "ما هي عاصمة الجزائر ؟",
    "من كتب المقدمة ؟",
    "The capital of Egypt is Cairo on the banks of the Nile",
    "The Nile is the longest river in the world",
    "Algeria is the largest country in Africa by area",
    "Ibn Khaldun wrote the Muqaddimah in the fourteenth century",
    "Who wrote the Muqaddimah ?",
)
LETTERS = (
    "abcdefghijklmnopqrstuvwxyz0123456789.,:;?!-()[]/'\""
    + "".join(chr(code) for code in range(0x621, 0x64B) if code not in range(0x63B, 0x641))
    + "،؛؟"
)
DIMENSION = 32
MAX_LENGTH = 96


def make_checkpoint(folder: Path, architecture: Architecture = "bert", *, seed: int = 0) -> Path:
    """Save a plain Hugging Face encoder (no head, no pooling) with its tokenizer."""
    import torch
    from transformers import AutoModel

    tokenizer = _tokenizer(architecture)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModel.from_config(_config(architecture, len(tokenizer)))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_bi_encoder(
    folder: Path,
    architecture: Architecture = "bert",
    *,
    pooling: str = "mean",
    dense: int | None = None,
    normalise: bool = False,
    similarity: str | None = "dot",
    prompts: dict[str, str] | None = None,
    max_length: int = MAX_LENGTH,
    seed: int = 0,
) -> Path:
    """Save a sentence-transformers folder: Transformer, Pooling and, if asked, Dense, Normalize."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as st

    make_checkpoint(folder / "body", architecture, seed=seed)
    body = st.Transformer(str(folder / "body"), max_seq_length=max_length)
    modules: list[Any] = [body, st.Pooling(DIMENSION, pooling_mode=pooling)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        if dense is not None:
            modules.append(st.Dense(DIMENSION, dense, activation_function=torch.nn.Tanh()))
    if normalise:
        modules.append(st.Normalize())
    model = SentenceTransformer(
        modules=modules, similarity_fn_name=similarity, prompts=prompts, device="cpu"
    )
    model.save(str(folder), create_model_card=False)
    _remove(folder / "body")
    return folder


def make_cross_encoder(
    folder: Path, architecture: Architecture = "bert", *, labels: int = 1, seed: int = 0
) -> Path:
    """Save a sequence classifier: one label is a relevance logit, two are irrelevant, relevant."""
    import torch
    from transformers import AutoModelForSequenceClassification

    tokenizer = _tokenizer(architecture)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = _config(architecture, len(tokenizer), num_labels=labels)
        model = AutoModelForSequenceClassification.from_config(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_late_interaction(
    folder: Path,
    architecture: Architecture = "bert",
    *,
    dimension: int | None = 16,
    query_length: int = 24,
    passage_length: int = MAX_LENGTH,
    expansion: Literal["none", "fixed", "attended"] = "none",
    seed: int = 0,
) -> Path:
    """Save a multi-vector folder: Transformer, Dense, the mask of punctuation, Normalize."""
    from arir.models.late_interaction.model import new_late_interaction

    make_checkpoint(folder / "body", architecture, seed=seed)
    model = new_late_interaction(
        folder / "body",
        dimension=dimension,
        query_length=query_length,
        passage_length=passage_length,
        expansion=expansion,
        seed=seed + 1,
    )
    model.save(str(folder), create_model_card=False)
    _remove(folder / "body")
    return folder


def make_seq2seq(folder: Path, *, seed: int = 0) -> Path:
    """Save a T5 with a tokenizer that knows the answers true, false, yes and no."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    tokenizer = _t5_tokenizer()
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=DIMENSION,
        d_kv=16,
        d_ff=2 * DIMENSION,
        num_layers=2,
        num_heads=2,
        initializer_factor=1.0,
        decoder_start_token_id=0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = T5ForConditionalGeneration(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _config(architecture: Architecture, vocabulary: int, **extra: Any) -> Any:
    from transformers import BertConfig, ElectraConfig, XLMRobertaConfig

    shape: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": DIMENSION,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 2 * DIMENSION,
        "initializer_range": 0.3,
        **extra,
    }
    if architecture == "bert":
        return BertConfig(max_position_embeddings=MAX_LENGTH, **shape)
    if architecture == "electra":
        return ElectraConfig(max_position_embeddings=MAX_LENGTH, embedding_size=16, **shape)
    # XLM-R numbers positions from padding id + 1 on.
    positions = MAX_LENGTH + 2
    return XLMRobertaConfig(
        max_position_embeddings=positions, type_vocab_size=1, pad_token_id=1, **shape
    )


def _tokenizer(architecture: Architecture) -> Any:
    return _sentencepiece() if architecture == "xlmr" else _wordpiece()


def _words() -> Counter[str]:
    return Counter(word for line in SENTENCES for word in line.lower().split())


def _wordpiece() -> Any:
    """BERT's tokenizer over the words of the sentences and all letters as pieces."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*special, *LETTERS, *(f"##{letter}" for letter in LETTERS), *sorted(_words())]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    core = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    core.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    core.decoder = decoders.WordPiece()
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **dict(zip(names, special, strict=True)),
    )


def _sentencepiece() -> Any:
    """XLM-R's tokenizer: a unigram model whose pieces are the words and all letters."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    counts = _words()
    total = sum(counts.values()) + len(LETTERS)
    pieces = [(token, 0.0) for token in special]
    pieces += [(f"▁{word}", math.log(n / total)) for word, n in sorted(counts.items())]
    pieces += [(letter, -math.log(total) - 2) for letter in ("▁", *LETTERS)]
    unique = list(dict(pieces).items())
    core = Tokenizer(models.Unigram([*unique, ("<mask>", 0.0)], unk_id=3))
    core.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    core.decoder = decoders.Metaspace()
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        model_max_length=MAX_LENGTH,
        model_input_names=["input_ids", "attention_mask"],
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
    )


def _t5_tokenizer() -> Any:
    """T5's tokenizer: padding is 0, the end is 1, and no token stands at the beginning."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    answers = ("true", "false", "yes", "no", "query:", "document:", "relevant:")
    counts = _words() + Counter(answers)
    total = sum(counts.values()) + len(LETTERS)
    pieces = [(token, 0.0) for token in ("<pad>", "</s>", "<unk>")]
    pieces += [(f"▁{word}", math.log(n / total)) for word, n in sorted(counts.items())]
    pieces += [(letter, -math.log(total) - 2) for letter in ("▁", *LETTERS)]
    core = Tokenizer(models.Unigram(list(dict(pieces).items()), unk_id=2))
    core.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    core.pre_tokenizer = pre_tokenizers.Metaspace()
    core.decoder = decoders.Metaspace()
    core.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        model_input_names=["input_ids", "attention_mask"],
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
    )


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)
