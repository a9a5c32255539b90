"""autocast around one layer of PyTorch"""

TRUTH = "wrong"
PLACE = ("h", "float16")
CAUSE = "bfloat16 on one side"
CAUSES = ("half_precision",)
INPUT = (6,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="h"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.out = nn.Linear(6, 5), nn.Linear(5, 2)

        def forward(self, x):
            with torch.autocast("cpu", torch.bfloat16):
                x = self.h(x)
            return self.out(F.relu(x).to(self.out.weight.dtype))

    return Net()
