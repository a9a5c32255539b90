"""a hard sigmoid by hand, as Keras 2 had it: Keras 3 has another slope"""

TRUTH = "wrong"
PLACE = ("h", "hard_sigmoid", "out")
CAUSE = "hard sigmoid's slope"
CAUSES = ("hard_sigmoid_form",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="hard_sigmoid", name="h"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.out = nn.Linear(6, 5), nn.Linear(5, 2)

        def forward(self, x):
            return self.out(torch.clamp(0.2 * self.h(x) + 0.5, 0, 1))

    return Net()
