"""WaveNet: causal, dilated, gated, residual and skip"""

TRUTH = "right"
INPUT = (12, 1)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x, skips = layers.Conv1D(4, 1, name="start")(i), []
    for d in (1, 2, 4):
        tanh = layers.Conv1D(
            4, 2, padding="causal", dilation_rate=d, activation="tanh", name=f"filter{d}"
        )(x)
        gate = layers.Conv1D(
            4, 2, padding="causal", dilation_rate=d, activation="sigmoid", name=f"gate{d}"
        )(x)
        z = layers.multiply([tanh, gate])
        skips.append(layers.Conv1D(4, 1, name=f"skip{d}")(z))
        x = layers.add([x, layers.Conv1D(4, 1, name=f"residual{d}")(z)])
    x = layers.ReLU()(layers.add(skips))
    return keras.Model(i, layers.Conv1D(3, 1, name="end")(x))


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Block(nn.Module):
        def __init__(self, d):
            super().__init__()
            self.d = d
            self.residual, self.skip = nn.Conv1d(4, 4, 1), nn.Conv1d(4, 4, 1)
            self.both = nn.Conv1d(4, 8, 2, dilation=d)

        def forward(self, x):
            a, b = self.both(F.pad(x, (self.d, 0))).chunk(2, 1)
            z = torch.tanh(a) * torch.sigmoid(b)
            return x + self.residual(z), self.skip(z)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.start, self.end = nn.Conv1d(1, 4, 1), nn.Conv1d(4, 3, 1)
            self.blocks = nn.ModuleList(Block(d) for d in (1, 2, 4))

        def forward(self, x):
            x, total = self.start(x.mT), 0
            for block in self.blocks:
                x, skip = block(x)
                total = total + skip
            return self.end(F.relu(total)).mT

    return Net()
