"""a normalisation over the channels of each place against one over all of the image"""

TRUTH = "wrong"
PLACE = ("norm", "ln")
CAUSE = "a normalisation over the channels of each place against one over all of the image"
CAUSES = ("normalised_axis",)
INPUT = (8, 8, 4)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.DepthwiseConv2D(3, padding="same", name="dw")(i)
    x = layers.LayerNormalization(epsilon=1e-6, name="ln")(x)
    return keras.Model(i, layers.Dense(2, name="out")(layers.Activation("gelu")(x)))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dw, self.norm, self.out = (
                nn.Conv2d(4, 4, 3, padding=1, groups=4),
                nn.GroupNorm(1, 4, eps=1e-6),
                nn.Conv2d(4, 2, 1),
            )

        def forward(self, x):
            return self.out(F.gelu(self.norm(self.dw(x))))

    return Net()
