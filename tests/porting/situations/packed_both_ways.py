"""both directions over packed sentences, against a mask"""

TRUTH = "right"
INPUT = (8,)
TOKENS = 25
LOSS = "binary_crossentropy"


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Embedding(25, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3)),
            layers.Dense(1),
        ]
    )


def torch_model():
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb = nn.Embedding(25, 4)
            self.lstm = nn.LSTM(4, 3, bidirectional=True, batch_first=True)
            self.fc = nn.Linear(6, 1)

        def forward(self, x):
            lengths = (x > 0).sum(1).clamp(min=1)
            packed = pack_padded_sequence(
                self.emb(x), lengths.cpu(), batch_first=True, enforce_sorted=False
            )
            _, (h, _) = self.lstm(packed)
            return self.fc(torch.cat((h[-2], h[-1]), dim=1))

    return Net()
