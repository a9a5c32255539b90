"""both models load the same square matrix, and the port forgot to transpose it"""

TRUTH = "wrong"
PLACE = "d"
CAUSE = "transposed square kernel"
CAUSES = ("transposed_kernel",)
INPUT = (6,)


def keras_model():
    import keras
    import numpy as np
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(6, activation="tanh", name="d"),
            layers.Dense(2, name="out"),
        ]
    )
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def torch_model():
    import numpy as np
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.d, self.out = nn.Linear(6, 6), nn.Linear(6, 2)

        def forward(self, x):
            return self.out(torch.tanh(self.d(x)))

    rng = np.random.default_rng(1)
    sizes = {"d.weight": (6, 6), "d.bias": (6,), "out.weight": (6, 2), "out.bias": (2,)}
    state = {name: torch.tensor(rng.normal(size=size)) for name, size in sizes.items()}
    state["out.weight"] = state["out.weight"].T
    net = Net()
    net.load_state_dict(state)
    return net
