namespace Fovea.Devices;

/// <summary>The buffers that a device keeps for a model.</summary>
internal enum StateBuffer : byte
{
    /// <summary>Learned, then frozen.</summary>
    Parameters,

    /// <summary>Of the learned parameters, at the same offsets.</summary>
    Gradients,

    /// <summary>Running means and variances.</summary>
    Statistics,

    /// <summary>Momentum, or Adam's first moment.</summary>
    FirstMoment,

    /// <summary>Adam's second moment.</summary>
    SecondMoment,

    /// <summary>AMSGrad's greatest second moment.</summary>
    GreatestSecondMoment,

    /// <summary>Averages of the learned parameters over the steps, at the same offsets.</summary>
    AveragedParameters,

    /// <summary>Averages of the running statistics, at the same offsets.</summary>
    AveragedStatistics,
}
