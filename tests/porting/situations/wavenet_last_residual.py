"""the skips are taken from the residual stream"""

TRUTH = "wrong"
PLACE = ("skip", "residual", "end", "outputs")
CAUSE = "residual"
CAUSES = ("other_tensor", "residual_missing")
INPUT = (12, 1)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x, skips = layers.Conv1D(4, 1, name="start")(i), []
    for d in (1, 2):
        z = layers.Conv1D(
            4, 2, padding="causal", dilation_rate=d, activation="tanh", name=f"filter{d}"
        )(x)
        skips.append(layers.Conv1D(4, 1, name=f"skip{d}")(z))
        x = layers.add([x, layers.Conv1D(4, 1, name=f"residual{d}")(z)])
    return keras.Model(i, layers.Conv1D(3, 1, name="end")(layers.add([x, *skips])))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.start, self.end = nn.Conv1d(1, 4, 1), nn.Conv1d(4, 3, 1)
            self.filters = nn.ModuleList(nn.Conv1d(4, 4, 2, dilation=d) for d in (1, 2))
            self.skips = nn.ModuleList(nn.Conv1d(4, 4, 1) for _ in range(2))
            self.residuals = nn.ModuleList(nn.Conv1d(4, 4, 1) for _ in range(2))

        def forward(self, x):
            x, total = self.start(x.mT), 0
            for d, filter, skip, residual in zip(
                (1, 2), self.filters, self.skips, self.residuals, strict=True
            ):
                z = torch.tanh(filter(F.pad(x, (d, 0))))
                x = x + residual(z)
                total = total + skip(x)
            return self.end(x + total).mT

    return Net()
