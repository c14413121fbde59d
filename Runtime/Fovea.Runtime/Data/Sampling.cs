namespace Fovea;

/// <summary>How often an epoch shows each image.</summary>
public enum Sampling
{
    /// <summary>Once.</summary>
    Uniform,

    /// <summary>
    /// Images with rare classes several times: max over its classes of max(1, √(t / f)), where f is the share of images that show the
    /// class and
    /// t is <see cref="LoaderOptions.RepeatThreshold"/>. Source: LVIS, arXiv:1908.03195, appendix B.2.
    /// </summary>
    RepeatFactor,

    /// <summary>
    /// As many images as there are, each class in turn giving one of its own; images without objects count as a class. Rare classes' images
    /// come several times, frequent classes' are left out in part.
    /// </summary>
    ClassBalanced,
}
