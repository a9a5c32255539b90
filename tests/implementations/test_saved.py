"""Files of weights, read without a framework: of a hostile one nothing large is made."""

from __future__ import annotations

import importlib
import io
import json
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.export.convert import owners
from common.framework import frameworks
from common.problem import PROBLEMS
from common.weights import read_weights

SMALL = PROBLEMS["boston"].but(hidden=(4,))  # 61 weights: a file of it may have a megabyte


def keras_file(path: Path, change: Callable[[Any], object] = bool, **config: Any) -> None:
    """What Keras writes of SMALL, as far as it is read; `change` is given the HDF5 file."""
    h5py = pytest.importorskip("h5py")
    settings = [{"units": 4, "activation": "relu"} | config, {"units": 1, "activation": "linear"}]
    layers = [{"module": "keras.layers", "class_name": "Dense", "config": c} for c in settings]
    layers *= config.get("times", 1)
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        for layer, shapes in (("dense", [(13, 4), (4,)]), ("dense_1", [(4, 1), (1,)])):
            for i, shape in enumerate(shapes):
                file[f"layers/{layer}/vars/{i}"] = np.ones(shape, np.float32)
        change(file)
    with zipfile.ZipFile(path, "w") as archive:
        net = {"class_name": "Sequential", "config": {"layers": layers}}
        archive.writestr("config.json", json.dumps(net))
        archive.writestr("model.weights.h5", weights.getvalue())


def kernel(*args: Any, name: str = "create_dataset", **how: Any) -> Callable[[Any], None]:
    """The first kernel made anew in another way."""

    def change(file: Any) -> None:
        del file["layers/dense/vars/0"]
        getattr(file, name)("layers/dense/vars/0", *args, **how)

    return change


def linked(kind: str, *to: str) -> Callable[[Any], None]:
    return lambda file: kernel(getattr(sys.modules["h5py"], kind)(*to), name="__setitem__")(file)


def torch_file(path: Path, *, numbers: int = 52, byteorder: str = "little", **first: Any) -> None:
    """What PyTorch writes of SMALL; `first` changes how the first kernel is stored."""

    def put(value: Any) -> bytes:
        return pickle.dumps(value, 2)[2:-1]  # without its beginning and its end

    table = b"\x80\x02}"
    shapes = ((4, 13), (13, 1)), ((4,), (1,)), ((1, 4), (4, 1)), ((1,), (1,))
    with zipfile.ZipFile(path, "w", first.get("packing", zipfile.ZIP_STORED)) as archive:
        names = ("hidden1.weight", "hidden1.bias", "output.weight", "output.bias")
        for i, (name, (size, stride)) in enumerate(zip(names, shapes, strict=True)):
            has = {"kind": "Float", "offset": 0, "size": size, "stride": stride}
            has |= {} if i else first
            storage = put("storage") + f"ctorch\n{has['kind']}Storage\n".encode() + put(str(i))
            rest = put(has["offset"]) + put(has["size"]) + put(has["stride"]) + put(False) + b"}"
            table += put(name) + b"ctorch._utils\n_rebuild_tensor_v2\n"
            table += b"((" + storage + put("cpu") + put(10**9) + b"tQ" + rest + b"tRs"
            content = np.arange(numbers if not i else 4, dtype=np.float32).tobytes()
            archive.writestr(f"net/data/{i}", content)
        archive.writestr("net/data.pkl", table + first.get("more", b"") + b".")
        archive.writestr("net/byteorder", byteorder)


def _entries(number: int, size: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for i in range(number):
                archive.writestr(f"{i}.npy", bytes(size))

    return write


def _lying_size(path: Path) -> None:
    """An entry of four megabytes for which the directory and its own header say 50 bytes."""
    _entries(1, 4 << 20)(path)
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 4 << 20), struct.pack("<I", 50)))


def saved(path: Path) -> Any:
    """Read without a framework."""
    if path.suffix == ".safetensors":
        return read_weights(path, SMALL)[0]
    package = frameworks()[owners()[path.suffix]].package
    return importlib.import_module(f"{package}.saved").read_saved(path, SMALL)


FLOAT8 = b'{"output/bias":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}'
CHUNKED = {"maxshape": (None, None), "chunks": (9000, 9000), "compression": "gzip"}
UNSOUND: dict[str, tuple[str, Callable[..., None], dict[str, Any], str]] = {
    "units": ("a.keras", keras_file, {"units": 10**8}, "layers are .'100000000 relu'.*'4 relu'"),
    "layers": ("a.keras", keras_file, {"times": 9}, "expected Dense layers"),
    "dataset": ("a.keras", keras_file, {"change": kernel((10**5, 10**5), "f4")}, "of shape"),
    "chunks": ("a.keras", keras_file, {"change": kernel((13, 4), "f4", **CHUNKED)}, "elsewhere"),
    "unwritten": ("a.keras", keras_file, {"change": kernel((13, 4), "f4")}, "elsewhere"),
    "other file": (
        "a.keras",
        keras_file,
        {"change": kernel((13, 4), "f4", external=[("/dev/zero", 0, 208)])},
        "elsewhere",
    ),
    "link": ("a.keras", keras_file, {"change": linked("ExternalLink", "a.h5", "x")}, "their own"),
    "soft link": ("a.keras", keras_file, {"change": linked("SoftLink", "/layers")}, "their own"),
    "float64 h5": ("a.keras", keras_file, {"change": kernel((13, 4), "f8")}, "float32 first"),
    "float64": (
        "a.pt",
        torch_file,
        {"kind": "Double", "numbers": 104},
        "hidden1.weight holds float64.*32 first",
    ),
    "strides": ("a.pt", torch_file, {"size": (10**6,) * 2, "stride": (0, 0)}, "expected .4, 13"),
    "none": ("a.pt", torch_file, {"numbers": 0}, "lies outside of the 0 numbers"),
    "beyond": ("a.pt", torch_file, {"offset": 99}, "lies outside of the 0 numbers"),
    "short": ("a.pt", torch_file, {"numbers": 51}, "lies outside of the 51 numbers"),
    "offset": ("a.pt", torch_file, {"offset": 1}, "lies outside of the 51 numbers"),
    "before": ("a.pt", torch_file, {"offset": -52}, "lies outside"),
    "backwards": ("a.pt", torch_file, {"stride": (13, -1)}, "lies outside"),
    "order": ("a.pt", torch_file, {"byteorder": "big"}, "big-endian"),
    "bytes": ("a.pt", torch_file, {"more": b"cbuiltins\nbytearray\n"}, "holds code"),
    "pickle": ("a.pt", torch_file, {"more": b"]" * 70_000}, "expected what torch.save makes"),
    "unpacked": ("a.pt", _entries(1, 30 << 20), {}, "would unpack to 31,457,280 bytes"),
    "lying size": ("a.npz", _lying_size, {}, "CRC-32"),
    "entries": ("a.keras", _entries(1001, 0), {}, "more than 1000 files"),
    "large": ("a.keras", lambda path: path.write_bytes(bytes(2 << 20)), {}, "--hidden names"),
    "header": (
        "a.safetensors",
        lambda path: path.write_bytes(struct.pack("<Q", 10**8) + bytes(9999)),
        {},
        "header has 100,000,000 bytes",
    ),
    "float8": (
        "a.safetensors",
        lambda path: path.write_bytes(struct.pack("<Q", len(FLOAT8)) + FLOAT8 + b"\0"),
        {},
        "output/bias holds F8_E4M3; convert the numbers to float32 first",
    ),
}


@pytest.mark.parametrize("fault", UNSOUND)
def test_of_a_file_nothing_is_made_that_the_network_does_not_need(tmp_path: Path, fault: str):
    name, write, how, message = UNSOUND[fault]
    write(tmp_path / name, **how)
    with pytest.raises(Exception, match=message):
        saved(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "write", "how"),
    [
        ("a.keras", keras_file, {}),
        ("a.keras", keras_file, {"change": lambda file: file.__setitem__("optimizer/vars/0", 7)}),
        ("a.pt", torch_file, {}),
        ("a.pt", torch_file, {"numbers": 60, "offset": 8}),
        ("a.pt", torch_file, {"stride": (0, 0)}),  # one number for all, as `expand` has it
        ("a.pt", torch_file, {"stride": (1, 4)}),
        ("a.pt", torch_file, {"packing": zipfile.ZIP_DEFLATED}),
    ],
)
def test_a_file_that_merely_looks_different_is_read(tmp_path: Path, name: str, write, how):
    write(tmp_path / name, **how)
    weights = saved(tmp_path / name)
    assert {k: v.shape for k, v in weights.items()} == {
        "hidden1/kernel": (13, 4),
        "hidden1/bias": (4,),
        "output/kernel": (4, 1),
        "output/bias": (1,),
    }
    if write is torch_file:
        rows, columns = how.get("stride", (13, 1))
        assert weights["hidden1/kernel"][12, 3] == how.get("offset", 0) + 3 * rows + 12 * columns
