"""hard samples of a softmax in PyTorch, the plain softmax in Keras"""

TRUTH = "random"
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(4, activation="softmax", name="code"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.code, self.out = nn.Linear(6, 4), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(F.gumbel_softmax(self.code(x)))

    return Net()
