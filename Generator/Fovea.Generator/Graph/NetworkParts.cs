using Fovea.Generator.Spec;

namespace Fovea.Generator.Graph;

/// <summary>The parts of a network that are chosen, not built in: another head or activation is another value here.</summary>
/// <param name="Head">A head for each graph.</param>
/// <param name="Activation">What stands behind each norm of the backbone and each convolution of the towers.</param>
internal sealed record NetworkParts(Func<ModelSpec, IHead> Head, Func<Op> Activation);
