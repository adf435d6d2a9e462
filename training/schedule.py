"""The learning rate over the steps of a training."""

import math

import torch


def warm_then_cosine(optimizer: torch.optim.Optimizer, steps: int, *, warm: int) -> torch.optim.lr_scheduler.LambdaLR:
    """Return a schedule that rises to the full rate within one part of so many, and falls to nothing in the rest.

    Args:
        optimizer: whose rates it sets.
        steps: of the whole training.
        warm: the part that rises is one `warm`-th of them.
    """
    rising = max(1, steps // warm)

    def share(step: int) -> float:
        if step < rising:
            return step / rising
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rising) / max(1, steps - rising))))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, share)
