namespace Fovea.Cuda;

/// <summary>Where an operation belongs among the others.</summary>
internal enum OperationKind
{
    /// <summary>Fills the device by itself: the main stream takes it.</summary>
    Large,

    /// <summary>Leaves room on the device: another stream takes it where it does not carry on what was issued last.</summary>
    Small,

    /// <summary>Its result is wanted only at the step's end, or long after: gradients of weights have a stream of their own.</summary>
    Aside,
}
