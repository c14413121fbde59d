using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>Which buffer a stored tensor belongs to.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum TensorStorage : byte
{
    /// <summary>Learned: in the parameter buffer below <see cref="ModelDescription.TrainableLength"/>.</summary>
    Trainable,

    /// <summary>
    /// Not learned (frozen stages, frozen norms): in the parameter buffer from <see cref="ModelDescription.TrainableLength"/> on.
    /// </summary>
    Frozen,

    /// <summary>Running statistics: in the statistics buffer.</summary>
    Statistics,
}

/// <summary>What a stored tensor is, which decides its memory order and its first values.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum TensorRole : byte
{
    /// <summary>[Cout, Cin/groups, R, S] in checkpoints, [Cout, R, S, Cin/groups] in memory.</summary>
    ConvWeight,

    /// <summary>[Cout].</summary>
    ConvBias,

    /// <summary>γ [C], first 1.</summary>
    NormScale,

    /// <summary>β [C], first 0.</summary>
    NormShift,

    /// <summary>Running mean [C], first 0.</summary>
    RunningMean,

    /// <summary>Running variance [C], first 1.</summary>
    RunningVariance,
}

/// <summary>How a tensor gets its first values.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public enum Initializer : byte
{
    /// <summary>All <see cref="TensorInfo.InitialValue"/>.</summary>
    Constant,

    /// <summary>N(0, 2 / (Cout·R·S)): fan-out, ReLU (He et al. 2015; torchvision's ResNet).</summary>
    KaimingNormalFanOut,

    /// <summary>U(±√(3 / (Cin·R·S))): fan-in, a = 1 (torchvision's FPN).</summary>
    KaimingUniform,

    /// <summary>N(0, <see cref="TensorInfo.InitialValue"/>²).</summary>
    Normal,
}
