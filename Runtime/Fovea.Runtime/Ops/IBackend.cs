using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>
/// What generated code calls. Operands come in the order sources, parameters, destinations. All activations are NHWC.
/// Letters: N images, H×W cells, C channels, A anchors per cell, K classes, L levels; dv is the gradient of the loss with respect to v.
/// A destination never overlaps a source unless the member says so.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public partial interface IBackend
{
    /// <summary>Marks a value that the session's taps may observe, at the moment when it is complete.</summary>
    void Tap(string layer, FeatureMap value);
}
