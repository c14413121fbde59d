using Fovea.Model;

namespace Fovea;

/// <summary>A compiled detector with its weights: what <c>[RetinaNet&lt;TClass&gt;]</c> makes of a partial class.</summary>
/// <typeparam name="TClass">The classes; a member's value is its channel.</typeparam>
public abstract class Detector<TClass> : Detector
    where TClass : struct, Enum
{
    /// <summary>Reserves the model's memory; the weights are zero until <see cref="Detector.InitializeWeights"/> or <see cref="Detector.LoadWeights"/>.</summary>
    /// <param name="program">The generated network.</param>
    /// <param name="options">Device and threads.</param>
    protected Detector(DetectorProgram program, DetectorOptions options)
        : base(program, options)
    {
    }
}
