"""queries of one input, keys and values of the other"""

TRUTH = "right"
INPUT = {"text": (5, 8), "image": (7, 8)}


def keras_model():
    import keras
    from keras import layers

    text, image = keras.Input((5, 8), name="text"), keras.Input((7, 8), name="image")
    x = layers.MultiHeadAttention(2, 4, name="cross")(text, image)
    return keras.Model({"text": text, "image": image}, layers.Dense(3, name="out")(x))


def torch_model():
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.cross, self.out = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 3)

        def forward(self, text, image):
            return self.out(self.cross(text, image, image, need_weights=False)[0])

    return Net()
