"""an LSTM against a cell that is called in a loop"""

TRUTH = "right"
INPUT = (6, 3)


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.LSTM(5, return_sequences=True, name="lstm"),
            layers.Dense(2, name="out"),
        ]
    )


def torch_model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.out = nn.LSTMCell(3, 5), nn.Linear(5, 2)

        def forward(self, x):
            h = c = x.new_zeros(len(x), 5)
            steps = []
            for step in x.unbind(1):
                h, c = self.cell(step, (h, c))
                steps.append(h)
            return self.out(torch.stack(steps, 1))

    return Net()
