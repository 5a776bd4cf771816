#!/usr/bin/env python3
"""One training step of SegMamba-V2 in PyTorch eager mode, the peer of `yates bench step`.

The network as published, built from plain modules: the whole batch in one pass, Mamba by its slow
path once per token order, the selective scan as a loop over tokens (unbound first, so that the
gradient is linear in their number), torch.optim.SGD and clip_grad_norm_.
Argument: JSON {"width", "mamba_stages", "patch", "batch", "repeats"}; prints the times in ms."""
import json
import math
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class ConvBlock(nn.Sequential):
    def __init__(self, channels, kernel, padding, dilation=1):
        super().__init__(nn.Conv3d(channels, channels, kernel, padding=padding, dilation=dilation),
                         nn.InstanceNorm3d(channels), nn.ReLU())


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(channels, channels // 8), nn.ReLU(),
                                nn.Linear(channels // 8, channels), nn.Sigmoid())

    def forward(self, x):
        return x * self.fc(x.mean((2, 3, 4)))[:, :, None, None, None]


class LargeKernelConv(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.deep = nn.Sequential(ConvBlock(channels, 5, 2), ConvBlock(channels, 3, 1),
                                  ConvBlock(channels, 3, 2, 2))
        self.shortcut = nn.Sequential(ConvBlock(channels, 3, 1), ConvBlock(channels, 1, 0))
        self.se = SqueezeExcite(channels)

    def forward(self, x):
        return self.se(self.deep(x) + self.shortcut(x) + x)


def selective_scan(u, delta, A, B, C, D):
    decays = torch.exp(torch.einsum("bdl,dn->bdln", delta, A)).unbind(2)
    inputs = torch.einsum("bdl,bnl,bdl->bdln", delta, B, u).unbind(2)
    state, outputs = torch.zeros_like(inputs[0]), []
    for decay, value, readout in zip(decays, inputs, C.unbind(2)):
        state = decay * state + value
        outputs.append(torch.einsum("bdn,bn->bd", state, readout))
    return torch.stack(outputs, 2) + u * D[:, None]


class Mamba(nn.Module):
    def __init__(self, d, states=16, taps=4):
        super().__init__()
        inner, self.rank, self.states = 2 * d, math.ceil(d / 16), states
        self.in_proj = nn.Linear(d, 2 * inner, bias=False)
        self.conv1d = nn.Conv1d(inner, inner, taps, groups=inner, padding=taps - 1)
        self.x_proj = nn.Linear(inner, self.rank + 2 * states, bias=False)
        self.dt_proj = nn.Linear(self.rank, inner)
        self.A_log = nn.Parameter(torch.log(torch.arange(1.0, states + 1)).repeat(inner, 1))
        self.D = nn.Parameter(torch.ones(inner))
        self.out_proj = nn.Linear(inner, d, bias=False)
        dt = torch.exp(torch.rand(inner) * math.log(100) + math.log(1e-3))
        with torch.no_grad():
            self.dt_proj.bias.copy_(dt + torch.log(-torch.expm1(-dt)))

    def forward(self, tokens):
        length = tokens.size(1)
        x, z = self.in_proj(tokens).transpose(1, 2).chunk(2, 1)
        x = F.silu(self.conv1d(x)[:, :, :length])
        dt, B, C = self.x_proj(x.transpose(1, 2)).split([self.rank, self.states, self.states], 2)
        delta = F.softplus(self.dt_proj(dt)).transpose(1, 2)
        y = selective_scan(x, delta, -torch.exp(self.A_log), B.transpose(1, 2),
                           C.transpose(1, 2), self.D)
        return self.out_proj((y * F.silu(z)).transpose(1, 2))


class TriMamba(nn.Module):
    ORDERS = ((2, 3, 4), (3, 2, 4), (4, 3, 2))

    def __init__(self, d):
        super().__init__()
        self.norm, self.mamba = nn.LayerNorm(d), Mamba(d)

    def forward(self, x):
        y = x
        for order in self.ORDERS:
            volume = x.permute(0, 1, *order)
            tokens = self.mamba(self.norm(volume.flatten(2).transpose(1, 2)))
            y = y + tokens.transpose(1, 2).reshape(volume.shape).permute(0, 1, *order)
        return y


class Residual(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv1 = nn.Conv3d(i, o, 3, padding=1, bias=False)
        self.conv2 = nn.Conv3d(o, o, 3, padding=1, bias=False)
        self.conv3 = nn.Conv3d(i, o, 1, bias=False) if i != o else None

    def forward(self, x):
        y = F.leaky_relu(F.instance_norm(self.conv1(x)), 0.01)
        y = F.instance_norm(self.conv2(y))
        return F.leaky_relu(y + (F.instance_norm(self.conv3(x)) if self.conv3 else x), 0.01)


class Stage(nn.Module):
    def __init__(self, i, o, mamba):
        super().__init__()
        layers = [nn.Conv3d(i, o, 3, 2, 1), LargeKernelConv(o), LargeKernelConv(o)]
        self.body = nn.Sequential(*layers, *([TriMamba(o), TriMamba(o)] if mamba else []))
        self.mlp = nn.Sequential(nn.InstanceNorm3d(o), nn.Conv3d(o, 2 * o, 1), nn.GELU(),
                                 nn.Conv3d(2 * o, o, 1))


class SegMamba(nn.Module):
    def __init__(self, c, mamba_stages):
        super().__init__()
        dims = [c, c, 2 * c, 4 * c, 8 * c, 16 * c]
        self.first, self.last = Residual(4, c), Residual(c, c)
        self.stages = nn.ModuleList(Stage(dims[s], dims[s + 1], s in mamba_stages)
                                    for s in range(4))
        self.skips = nn.ModuleList(Residual(dims[s + 1], dims[s + 2]) for s in range(4))
        self.ups = nn.ModuleList(nn.ConvTranspose3d(dims[s + 2], dims[s + 1], 2, 2, bias=False)
                                 for s in range(4))
        self.joins = nn.ModuleList(Residual(2 * dims[s + 1], dims[s + 1]) for s in range(4))
        self.out = nn.Conv3d(c, 4, 1)

    def forward(self, x):
        y = self.first(x)
        skips = [y]
        for stage, skip in zip(self.stages, self.skips):
            y = stage.body(y)
            skips.append(skip(stage.mlp(y)))
        y = skips.pop()
        for up, join in zip(reversed(self.ups), reversed(self.joins)):
            y = join(torch.cat([up(y), skips.pop()], 1))
        return self.out(self.last(y))


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    arguments = json.loads(sys.argv[1])
    torch.manual_seed(1)
    before = peak_mib()
    network = SegMamba(arguments["width"], set(arguments["mamba_stages"]))
    optimiser = torch.optim.SGD(network.parameters(), 0.01, 0.99, weight_decay=1e-5, nesterov=True)
    x = torch.randn(arguments["batch"], 4, *arguments["patch"])
    y = torch.randint(0, 4, (arguments["batch"], *arguments["patch"]))
    times = []
    for repeat in range(arguments["repeats"] + 1):
        start = time.perf_counter()
        optimiser.zero_grad()
        F.cross_entropy(network(x), y).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 12.0)
        optimiser.step()
        if repeat > 0:
            times.append(1e3 * (time.perf_counter() - start))
    print(json.dumps({"name": f"PyTorch {torch.__version__} eager",
                      "median": statistics.median(times), "min": min(times), "max": max(times),
                      "n": len(times), "times": times, "memory_mib": peak_mib() - before,
                      "parameters": sum(p.numel() for p in network.parameters())}))


if __name__ == "__main__":
    main()
