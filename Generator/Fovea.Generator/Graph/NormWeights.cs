using Fovea.Generator.Graph.Ops;

namespace Fovea.Generator.Graph;

/// <summary>γ and β, and for batch norms the running statistics. Over what is normalised is the norm's.</summary>
/// <param name="hasRunningStatistics">Whether running mean and variance are stored with it.</param>
/// <param name="isBuffer">Whether γ and β are buffers, which nobody counts or learns: torchvision's FrozenBatchNorm2d.</param>
internal sealed class NormWeights(string key, Block block, string role, int channels, bool hasRunningStatistics, bool isBuffer)
    : Parameter(key, block, role)
{
    public int Channels { get; } = channels;

    public bool HasRunningStatistics { get; } = hasRunningStatistics;

    public bool IsBuffer { get; } = isBuffer;

    public override string HandlePrefix => "Norm";

    public override long MainLength => Channels;

    public override long SecondLength => Channels;

    public override int StatisticsLength => HasRunningStatistics ? Channels : 0;

    public override long Count => IsBuffer ? 0 : 2L * Channels;

    public override CodeValue.Object Handle(ParameterPlace place, ParameterUse use, bool folded)
    {
        var norm = As<NormUse>(use);
        return new(
            ("Scale", place.Main), ("Shift", place.Second), ("Mean", place.Mean), ("Variance", place.Variance),
            ("Channels", Channels), ("Groups", norm.Groups), ("Epsilon", norm.Epsilon), ("Momentum", norm.Momentum));
    }

    public override string Describe(ParameterUse use) => $"{Channels} {As<NormUse>(use).Groups} {HasRunningStatistics}";

    public override IEnumerable<StoredTensor> Tensors(ParameterPlace place)
    {
        yield return new("weight", "NormScale", false, place.Main, [Channels], "Constant", 1);
        yield return new("bias", "NormShift", false, place.Second, [Channels], "Constant", 0);
        if (HasRunningStatistics)
        {
            yield return new("running_mean", "RunningMean", true, place.Mean, [Channels], "Constant", 0);
            yield return new("running_var", "RunningVariance", true, place.Variance, [Channels], "Constant", 1);
        }
    }
}
