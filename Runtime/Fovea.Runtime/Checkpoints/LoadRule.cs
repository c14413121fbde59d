namespace Fovea;

/// <summary>How much of a checkpoint must fit the detector.</summary>
public enum LoadRule : byte
{
    /// <summary>Every tensor of either must be the other's, in the same shape; else it is an error that lists all that do not fit.</summary>
    Exact,

    /// <summary>
    /// What fits is taken. Tensors that the file has not, or in another shape, as the heads of another number of classes, get first
    /// weights, and <see cref="LoadReport"/> says which.
    /// </summary>
    Partial,

    /// <summary>
    /// The backbone is the file's, and must fit; all else gets first weights. The file is a detector's, or one of torchvision's
    /// ResNets for classification (<c>conv1.weight</c> …), whose <c>fc</c> is left out.
    /// </summary>
    BackboneOnly,
}
