"""Plain JAX, a function and a dict of arrays, against a Keras model."""

LOSS = "mean_squared_error"
INPUT = (6,)
TRUTH = "right"


def jax_model():
    import jax
    import jax.numpy as jnp

    draw = jax.nn.initializers.lecun_normal()
    keys = jax.random.split(jax.random.key(0))
    params = {
        "hidden": {"w": draw(keys[0], (6, 5)), "b": jnp.zeros(5)},
        "out": {"w": draw(keys[1], (5, 1)), "b": jnp.zeros(1)},
    }

    def apply(params, x):
        x = jax.nn.relu(x @ params["hidden"]["w"] + params["hidden"]["b"])
        return x @ params["out"]["w"] + params["out"]["b"]

    return apply, params


def keras_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input(INPUT),
            layers.Dense(5, activation="relu", name="hidden"),
            layers.Dense(1, name="out"),
        ]
    )
