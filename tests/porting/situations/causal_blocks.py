"""causal convolutions: padded before in one class of one's own, cut off behind in another"""

TRUTH = "right"
INPUT = (14, 3)
LOSS = "mean_squared_error"


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Conv1D(4, 1)(i)
    for d in (1, 2, 4):
        y = layers.Conv1D(4, 3, padding="causal", dilation_rate=d, activation="relu")(x)
        x = layers.add([x, layers.Conv1D(4, 3, padding="causal", dilation_rate=d)(y)])
    return keras.Model(i, layers.Dense(1)(x[:, -1]))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Causal(nn.Conv1d):
        def __init__(self, i, o, k, d):
            super().__init__(i, o, k, dilation=d)
            self.left = (k - 1) * d

        def forward(self, x):
            return super().forward(F.pad(x, (self.left, 0)))

    class Chomp(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.n = n

        def forward(self, x):
            return x[..., : -self.n]

    class Block(nn.Module):
        def __init__(self, d):
            super().__init__()
            self.a = Causal(4, 4, 3, d)
            self.b = nn.Sequential(nn.Conv1d(4, 4, 3, padding=2 * d, dilation=d), Chomp(2 * d))

        def forward(self, x):
            return x + self.b(F.relu(self.a(x)))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inp = nn.Conv1d(3, 4, 1)
            self.blocks = nn.ModuleList(Block(d) for d in (1, 2, 4))
            self.fc = nn.Linear(4, 1)

        def forward(self, x):
            x = self.inp(x)
            for b in self.blocks:
                x = b(x)
            return self.fc(x[:, :, -1])

    return Net()
