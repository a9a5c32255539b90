"""an MLP-Mixer, whose tokens are mixed by a convolution of width one in PyTorch"""

TRUTH = "right"
INPUT = (8, 8, 3)
LOSS = "categorical_crossentropy"


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Reshape((16, 6))(layers.Conv2D(6, 2, strides=2)(i))
    for _ in range(2):
        y = layers.Permute((2, 1))(layers.LayerNormalization(epsilon=1e-5)(x))
        y = layers.Dense(16)(layers.Dense(10, activation="gelu")(y))
        x = layers.Add()([x, layers.Permute((2, 1))(y)])
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = layers.Add()([x, layers.Dense(6)(layers.Dense(9, activation="gelu")(y))])
    return keras.Model(i, layers.Dense(3)(layers.GlobalAveragePooling1D()(x)))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Mlp(nn.Sequential):
        def __init__(self, n, h):
            super().__init__(nn.Linear(n, h), nn.GELU(), nn.Linear(h, n))

    class TokenMlp(nn.Module):
        def __init__(self, n, h):
            super().__init__()
            self.a, self.b = nn.Conv1d(n, h, 1), nn.Conv1d(h, n, 1)

        def forward(self, x):
            return self.b(F.gelu(self.a(x)))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.n1, self.tok, self.n2, self.ch = (
                nn.LayerNorm(6),
                TokenMlp(16, 10),
                nn.LayerNorm(6),
                Mlp(6, 9),
            )

        def forward(self, x):
            x = x + self.tok(self.n1(x))
            return x + self.ch(self.n2(x))

    class Mixer(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.blocks, self.head = (
                nn.Conv2d(3, 6, 2, 2),
                nn.ModuleList([Block(), Block()]),
                nn.Linear(6, 3),
            )

        def forward(self, x):
            x = self.stem(x).flatten(2).mT
            for block in self.blocks:
                x = block(x)
            return self.head(x.mean(1))

    return Mixer()
