namespace Fovea;

/// <summary>The norm behind each convolution of the backbone.</summary>
public enum Norm
{
    /// <summary>
    /// A fixed scale and shift per channel from stored statistics; nothing learns. Source: torchvision/ops/misc.py, FrozenBatchNorm2d.
    /// </summary>
    FrozenBatchNorm,

    /// <summary>Batch norm, ε 1e-5, momentum 0.1, unbiased running variance. Source: Ioffe and Szegedy, arXiv:1502.03167.</summary>
    BatchNorm,

    /// <summary>Group norm, ε 1e-5: independent of the batch. Source: Wu and He, arXiv:1803.08494.</summary>
    GroupNorm,
}

/// <summary>Which statistics a batch norm uses in training. Detection always uses the running ones.</summary>
public enum NormStatistics
{
    /// <summary>The batch's own, which also move the running ones.</summary>
    Batch,

    /// <summary>The running ones, which stay fixed; scale and shift learn. Right for fine-tuning with few images in a batch.</summary>
    Running,
}
