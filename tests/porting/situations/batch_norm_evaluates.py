"""the normalisation runs in inference mode in Keras alone, as in fine-tuning"""

TRUTH = "wrong"
PLACE = "bn"
CAUSE = "normalisation frozen on one side"
INPUT = (7,)


def keras_model():
    import keras
    from keras import layers

    i = keras.Input(INPUT)
    x = layers.Dense(5, name="h")(i)
    x = layers.BatchNormalization(name="bn")(x, training=False)
    return keras.Model(i, layers.Dense(2, name="out")(layers.ReLU()(x)))


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.bn = nn.Linear(7, 5), nn.BatchNorm1d(5, eps=1e-3, momentum=0.01)
            self.out = nn.Linear(5, 2)

        def forward(self, x):
            return self.out(F.relu(self.bn(self.h(x))))

    return Net()
