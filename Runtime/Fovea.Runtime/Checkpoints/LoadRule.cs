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

    /// <summary>
    /// As <see cref="Exact"/>, but for the classes, which are found by their names: on whatever channels they lie, those that the file has
    /// not get first weights, and those that the detector has not are left out. <see cref="LoadReport"/> says which. At least one must be
    /// in both.
    /// </summary>
    ByClassName,
}
