namespace Fovea.Tests.Goldens;

/// <summary>
/// The kinds of fixtures and the tests that own them: an owner checks every entry of its kinds. A kind that a manifest brings and this
/// table does not know fails <see cref="GoldenKindsTests"/>, so that nothing in a manifest is passed over in silence.
/// </summary>
internal static class GoldenKinds
{
    public const string Anchors = "anchors";
    public const string BoxCoder = "box coder";
    public const string Matcher = "matcher";
    public const string FocalLoss = "losses: sigmoid focal";
    public const string BoxLoss = "losses: l1 / smooth l1 / giou (+diou, ciou)";
    public const string Nms = "nms";
    public const string PostProcess = "postprocess_detections";
    public const string Narrow1 = "narrow model v1";
    public const string Narrow2 = "narrow model v2";
    public const string Real = "real-size model, hashed weights";
    public const string StateDict = "state_dict listings";
    public const string Transform = "transform";
    public const string Optimizers = "optimizers";
    public const string Ops = "ops (extra)";
    public const string CocoEval = "coco eval";

    private const string Runtime = "Fovea.Runtime.Tests";
    private const string EndToEnd = "Fovea.EndToEnd.Tests";

    /// <summary>Kind → the test assembly that owns it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Owners = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Anchors] = Runtime,
        [BoxCoder] = Runtime,
        [Matcher] = Runtime,
        [FocalLoss] = Runtime,
        [BoxLoss] = Runtime,
        [Nms] = Runtime,
        [PostProcess] = Runtime,
        [Narrow1] = EndToEnd,
        [Narrow2] = EndToEnd,
        [Real] = EndToEnd,
        [StateDict] = EndToEnd,
        [Transform] = Runtime,
        [Optimizers] = Runtime,
        [Ops] = Runtime,
        [CocoEval] = Runtime,
    };
}

/// <summary>Runs in each test assembly.</summary>
[Collection(GoldenReport.Collection)]
[Trait("Needs", "Goldens")]
public class GoldenKindsTests
{
    [SkippableFact]
    public void Every_kind_in_the_manifest_has_an_owner()
    {
        Skip.IfNot(GoldenManifest.Found, GoldenEntry.MissingFor("").Absent);
        var unknown = GoldenManifest.All
            .Where(e => !GoldenKinds.Owners.ContainsKey(e.Kind))
            .Select(e => $"{e.Id}: kind '{e.Kind}'")
            .ToList();
        Assert.True(unknown.Count == 0, "No test owns these fixtures; add their kinds to GoldenKinds:\n" + string.Join('\n', unknown));
    }
}
