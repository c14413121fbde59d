using System.Globalization;

namespace Fovea;

/// <summary>A tensor of the detector that a checkpoint did not give: it has first weights.</summary>
/// <param name="Name">The detector's key.</param>
/// <param name="Expected">Its shape, or its classes.</param>
/// <param name="Found">What the file has under that name; null: nothing.</param>
public sealed record InitializedTensor(string Name, string Expected, string? Found);

/// <summary>What a detector has taken from a checkpoint, and what not.</summary>
public sealed record LoadReport
{
    private const int MaxListed = 12;
    private const int MaxLine = 400;

    /// <summary>The checkpoint.</summary>
    public required string File { get; init; }

    /// <summary>Tensors of the detector that are the file's.</summary>
    public required int Loaded { get; init; }

    /// <summary>Tensors that have first weights; none where all must fit.</summary>
    public IReadOnlyList<InitializedTensor> Initialized { get; init; } = [];

    /// <summary>
    /// Tensors of the file that the detector has not taken, by the file's names; none where all must fit.
    /// </summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>
    /// Where classes are found by name, those that the file has not: their channels of the class layer, which else is the
    /// file's, have first weights.
    /// </summary>
    public IReadOnlyList<string> AddedClasses { get; init; } = [];

    /// <summary>Where classes are found by name, those of the file that the detector has not.</summary>
    public IReadOnlyList<string> DroppedClasses { get; init; } = [];

    /// <summary>What was not taken as a whole, a line for each; long lists are cut.</summary>
    public IEnumerable<string> Differences
    {
        get
        {
            foreach (var tensor in Initialized.Take(MaxListed))
            {
                yield return CheckpointException.Shorten(
                    $"{tensor.Name} has first weights: expected {tensor.Expected}, found {tensor.Found ?? "nothing"}.", MaxLine);
            }

            if (Initialized.Count > MaxListed)
            {
                yield return Invariant($"{Initialized.Count - MaxListed} more tensors have first weights.");
            }

            foreach (var (what, names) in ((string, IReadOnlyList<string>)[])
                [("classes with first weights", AddedClasses), ("classes left out", DroppedClasses), ("tensors left out", Ignored)])
            {
                if (names.Count > 0)
                {
                    var more = names.Count > MaxListed ? ", …" : "";
                    yield return CheckpointException.Shorten(Invariant($"{names.Count} {what}: {string.Join(", ", names.Take(MaxListed))}{more}"), MaxLine);
                }
            }
        }
    }

    /// <summary>One line: how many tensors are the file's, and how many have first weights.</summary>
    public override string ToString() => Invariant(
        $"{File}: {Loaded} tensors loaded, {Initialized.Count} with first weights, {Ignored.Count} of the file left out");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
