"""the backward direction stands first"""

TRUTH = "wrong"
PLACE = ("dense", "both")
CAUSE = "order of the directions"
CAUSES = ("concat_order",)
INPUT = (6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Bidirectional(layers.GRU(4), name="both"),
            layers.Dense(2, name="dense"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.both, self.dense = (
                nn.GRU(3, 4, batch_first=True, bidirectional=True),
                nn.Linear(8, 2),
            )

        def forward(self, x):
            _, h = self.both(x)
            return self.dense(torch.cat([h[1], h[0]], 1))

    return Net()
