using System.ComponentModel;

namespace Fovea.CompilerServices;

/// <summary>The stored tensors of one parameter, as a state dict names them: what generated code makes its table of tensors from.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class TensorRows
{
    /// <summary>The weight, and the bias where there is one.</summary>
    /// <param name="key">Without the tensor's own name: <c>backbone.body.conv1</c>.</param>
    /// <param name="conv">The stored weights.</param>
    /// <param name="storage">Trainable or frozen.</param>
    /// <param name="initializer">First values of the weight.</param>
    /// <param name="value">The initializer's parameter.</param>
    /// <param name="bias">First value of the bias.</param>
    public static TensorInfo[] Conv(
        string key, in ConvParameters conv, TensorStorage storage, Initializer initializer, float value = 0, float bias = 0)
    {
        int[] shape = [conv.OutChannels, conv.InChannels / conv.Groups, conv.Kernel, conv.Kernel];
        var weight = new TensorInfo(key + ".weight", TensorRole.ConvWeight, storage, conv.Weight, shape, initializer, value);
        return conv.HasBias
            ? [weight, new(key + ".bias", TensorRole.ConvBias, storage, conv.Bias, [conv.OutChannels], Initializer.Constant, bias)]
            : [weight];
    }

    /// <summary>Scale and shift, and running mean and variance where there are any.</summary>
    /// <param name="key">Without the tensor's own name: <c>backbone.body.bn1</c>.</param>
    /// <param name="norm">The stored norm.</param>
    /// <param name="storage">Of scale and shift: trainable or frozen.</param>
    public static TensorInfo[] Norm(string key, in NormParameters norm, TensorStorage storage)
    {
        int[] shape = [norm.Channels];
        TensorInfo[] affine =
        [
            new(key + ".weight", TensorRole.NormScale, storage, norm.Scale, shape, Initializer.Constant, 1),
            new(key + ".bias", TensorRole.NormShift, storage, norm.Shift, shape, Initializer.Constant, 0),
        ];
        if (norm.Mean < 0)
        {
            return affine;
        }

        const TensorStorage statistics = TensorStorage.Statistics;
        return
        [
            .. affine,
            new(key + ".running_mean", TensorRole.RunningMean, statistics, norm.Mean, shape, Initializer.Constant, 0),
            new(key + ".running_var", TensorRole.RunningVariance, statistics, norm.Variance, shape, Initializer.Constant, 1),
        ];
    }
}
