"""frozen in both: Keras evaluates then, PyTorch still takes the mean of the batch"""

TRUTH = "wrong"
PLACE = "bn"
CAUSE = "normalisation frozen on one side"
CAUSES = ("training_of_normalisation",)
INPUT = (7,)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, name="h"),
            layers.BatchNormalization(trainable=False, name="bn"),
            layers.ReLU(),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch.nn.functional as F
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.h, self.bn = nn.Linear(7, 5), nn.BatchNorm1d(5, eps=1e-3, momentum=0.01)
            self.bn.requires_grad_(False)
            self.out = nn.Linear(5, 2)

        def forward(self, x):
            return self.out(F.relu(self.bn(self.h(x))))

    return Net()
