"""What a tuned step does by hand: dense layers without autograd, sparse rows through the first.

Autograd takes half of a step of 16 rows, on the loss alone a fifth. Here the gradients are written
where they belong, neither added to zeros nor kept in a graph; the parity ladder holds them to the
same bounds as autograd's.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from common.problem import Loss
from torch_impl.rmsprop import RMSpropFlat

LARGE = 100_000  # weights
ONEDNN = torch.backends.mkldnn.is_available()


class Chain:
    """The layers of one network, or of several side by side, and their optimiser.

    Weights are (out, in) and (out,), or with a leading axis of replicas (s, out, in) and
    (s, 1, out); rows are (n, in) or (s, n, in), or `SparseRows` for one network.
    """

    def __init__(self, layers: Iterable[nn.Module], loss: Loss, optimizer: RMSpropFlat) -> None:
        every: list[Any] = [layer for layer in layers if hasattr(layer, "weight")]
        self.kernels = [layer.weight.data.mT for layer in every]
        self.biases = [layer.bias.data for layer in every]
        self.kernel_gradients = [layer.weight.grad.mT for layer in every]
        self.bias_gradients = [layer.bias.grad for layer in every]
        self.large = [large(kernel) for kernel in self.kernels]  # not asked again in each step
        self.loss, self.optimizer = loss, optimizer
        self.product = torch.addmm if self.kernels[0].ndim == 2 else torch.baddbmm

    @torch.no_grad()
    def scores(self, x: Any) -> Tensor:
        """Scores (..., n, outputs) of rows."""
        return self._forward(x)[-1]

    @torch.no_grad()
    def step(self, x: Any, y: Tensor) -> tuple[Tensor, Tensor]:
        """One optimiser step on one batch: the loss before it, one a replica, and the scores."""
        found = self.gradients(x, y)
        self.optimizer.step()
        return found

    @torch.no_grad()
    def gradients(self, x: Any, y: Tensor) -> tuple[Tensor, Tensor]:
        """Leave each weight's gradient in its place; the loss, one a replica, and the scores."""
        *inputs, scores = self._forward(x)
        loss, gradient = loss_and_gradient(self.loss, scores, y)
        for i in reversed(range(len(self.kernels))):
            place = self.kernel_gradients[i]
            if isinstance(inputs[i], SparseRows):
                torch.mm(inputs[i].columns, gradient, out=place)
            elif self.large[i]:
                place.mT.copy_(large_product(gradient.mT, inputs[i].mT))
            else:
                torch.matmul(inputs[i].mT, gradient, out=place)
            bias = self.bias_gradients[i]
            torch.sum(gradient, -2, keepdim=bias.ndim > 1, out=bias)
            if i:
                back = gradient @ self.kernels[i].mT
                gradient = torch.ops.aten.threshold_backward(back, inputs[i], 0)  # of the relu
        return loss, scores

    def _forward(self, x: Any) -> list[Any]:
        """What goes into each layer, and the scores."""
        inputs = [x]
        for i, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            rows = inputs[-1].rows if isinstance(inputs[-1], SparseRows) else inputs[-1]
            if self.large[i] and rows.layout == torch.strided:
                out = large_product(rows, kernel.mT, bias)
            else:
                out = self.product(bias, rows, kernel)
            inputs.append(out.relu_() if i < len(self.kernels) - 1 else out)
        return inputs


def large(kernel: Tensor) -> bool:
    """Whether oneDNN has the faster product; it asks twice as much of a small one as MKL does."""
    on_cpu = ONEDNN and kernel.device.type == "cpu"
    return on_cpu and kernel.ndim == 2 and kernel.numel() > LARGE


def large_product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weight' + bias by oneDNN: on processors of other makers MKL leaves AVX-512 unused.

    `addmm` asks oneDNN for lower precision alone; this is what PyTorch's compiler calls.
    """
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def loss_and_gradient(loss: Loss, scores: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The mean loss over rows, one a replica, and its gradient by the scores (..., n, outputs).

    `y` is what the problem's own loss takes; scores are logits or values.
    """
    rows = scores.shape[-2]
    if loss == "mean_squared_error":
        off = scores - y
        return off.square().mean((-2, -1)), off.mul_(2 / rows)
    if loss == "binary_crossentropy":
        each = functional.binary_cross_entropy_with_logits(scores, y, reduction="none")
        return each.mean((-2, -1)), scores.sigmoid().sub_(y).div_(rows)
    logs = scores.log_softmax(-1)
    if y.is_floating_point():  # one-hot
        return -(logs * y).sum(-1).mean(-1), logs.exp().sub_(y).div_(rows)
    places = y.unsqueeze(-1)
    gradient = logs.exp().scatter_add_(-1, places, scores.new_tensor(-1.0).expand(places.shape))
    return -logs.gather(-1, places).mean((-2, -1)), gradient.div_(rows)


class SparseRows(NamedTuple):
    """A batch as CSR and its transpose as CSR: forward takes the one, the way back the other."""

    rows: Tensor  # (n, features)
    columns: Any  # Tensor (features, n); None where there is no way back

    def to(self, device: str) -> SparseRows:
        """The same on a device."""
        back = None if self.columns is None else self.columns.to(device)
        return SparseRows(self.rows.to(device), back)

    def __len__(self) -> int:
        return self.rows.shape[0]


def sparse_rows(x: sparse.csr_matrix, back: bool = True) -> SparseRows:
    """The rows of a matrix as a first layer takes them, with the way back or without."""
    return SparseRows(_csr(x), _csr(x.T.tocsr()) if back else None)


def _csr(x: sparse.csr_matrix) -> Tensor:
    starts, columns, values = map(torch.from_numpy, (x.indptr, x.indices, x.data))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta")
        # checked when they were made; each check would cost as much as the product
        return torch.sparse_csr_tensor(starts, columns, values, x.shape, check_invariants=False)
