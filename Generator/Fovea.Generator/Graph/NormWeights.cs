namespace Fovea.Generator.Graph;

/// <summary>γ and β, and for batch norms the running statistics. Over what is normalised is the norm's.</summary>
/// <param name="hasRunningStatistics">Whether running mean and variance are stored with it.</param>
/// <param name="isBuffer">Whether γ and β are buffers, which nobody counts or learns: torchvision's FrozenBatchNorm2d.</param>
internal sealed class NormWeights(string key, Block block, string role, int channels, bool hasRunningStatistics, bool isBuffer)
    : Parameter(key, block, role)
{
    public int Channels { get; } = channels;

    public bool HasRunningStatistics { get; } = hasRunningStatistics;

    public override bool IsBuffer => isBuffer;

    public override bool TracksBatches => HasRunningStatistics && !isBuffer;

    public override string HandlePrefix => "Norm";

    public override long MainLength => Channels;

    public override long SecondLength => Channels;

    public override int StatisticsLength => HasRunningStatistics ? Channels : 0;

    public override long Count => IsBuffer ? 0 : 2L * Channels;

    public override string Maker => HasRunningStatistics
        ? """
        private static NormParameters BatchNorm(
            int scale, int shift, int mean, int variance, int channels, float epsilon, float momentum) =>
            new(scale, shift, mean, variance, channels, Groups: 0, epsilon, momentum);
        """
        : """
        private static NormParameters GroupNorm(int scale, int shift, int channels, int groups, float epsilon) =>
            new(scale, shift, Mean: -1, Variance: -1, channels, groups, epsilon, Momentum: 0);
        """;

    /// <summary>γ = 1, β = 0, and statistics of what is normalised already.</summary>
    public override IEnumerable<(string Name, CodeValue Value)> FirstValues => [];

    public override CodeValue.Call Handle(ParameterPlace place, ParameterUse use)
    {
        var norm = As<NormUse>(use);
        return HasRunningStatistics
            ? new(
                "BatchNorm", ("scale", place.Main), ("shift", place.Second), ("mean", place.Mean),
                ("variance", place.Variance), ("", Channels),
                ("epsilon", norm.Epsilon), ("momentum", norm.Momentum))
            : new(
                "GroupNorm", ("scale", place.Main), ("shift", place.Second), ("", Channels), ("groups", norm.Groups),
                ("epsilon", norm.Epsilon));
    }

    public override string Describe(ParameterUse use) => $"{Channels} {As<NormUse>(use).Groups} {HasRunningStatistics}";
}
