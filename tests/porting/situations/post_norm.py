"""a transformer's normalisation behind the sum instead of before the layer"""

TRUTH = "wrong"
PLACE = "ln"
CAUSE = "normalisation before or after the residual"
CAUSES = ("normalisation_place",)
INPUT = (5, 8)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    y = layers.LayerNormalization(epsilon=1e-6, name="ln")(i)
    y = layers.Dense(8, activation="gelu", name="ff")(y)
    return keras.Model(i, layers.Dense(2, name="out")(layers.add([i, y])))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln, self.ff, self.out = nn.LayerNorm(8, eps=1e-6), nn.Linear(8, 8), nn.Linear(8, 2)

        def forward(self, x):
            return self.out(self.ln(x + F.gelu(self.ff(x))))

    return Net()
