namespace Fovea.Gpu.Goldens;

/// <summary>A golden model that was declared when this program was built.</summary>
/// <param name="Id">The fixture's.</param>
/// <param name="BatchStatistics">Whether its norms take batch statistics in training.</param>
/// <param name="Create">Makes it.</param>
internal sealed record GoldenModel(string Id, bool BatchStatistics, Func<DetectorOptions, Detector> Create)
{
    /// <summary>All of them; the end-to-end tests see to it that declarations and manifest agree.</summary>
    public static IReadOnlyList<GoldenModel> All { get; } =
    [
        new("narrow_v1_basic", false, options => global::Goldens.NarrowV1Basic.GoldenModel.Create(0, options)),
        new("narrow_v1_bottleneck", false, options => global::Goldens.NarrowV1Bottleneck.GoldenModel.Create(0, options)),
        new("narrow_v1_resnext", false, options => global::Goldens.NarrowV1Resnext.GoldenModel.Create(0, options)),
        new("narrow_v2_gn32", false, options => global::Goldens.NarrowV2Gn32.GoldenModel.Create(0, options)),
        new("narrow_v2_gn32", true, options => global::Goldens.NarrowV2Gn32Batch.GoldenModel.Create(0, options)),
        new("narrow_v2_resnext", false, options => global::Goldens.NarrowV2Resnext.GoldenModel.Create(0, options)),
        new("narrow_v2_resnext", true, options => global::Goldens.NarrowV2ResnextBatch.GoldenModel.Create(0, options)),
    ];
}
