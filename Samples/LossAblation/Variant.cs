using Fovea;

namespace LossAblation;

/// <summary>A row of the table.</summary>
/// <param name="Name">The loss.</param>
/// <param name="Paper">AP in the paper; NaN where training diverged.</param>
/// <param name="Source">Its table.</param>
/// <param name="Create">The detector with first weights of a seed.</param>
internal sealed record Variant(string Name, double Paper, string Source, Func<ulong, Detector<Mark>> Create)
{
    /// <summary>Cross-entropy with the prior: what the quick run compares with <see cref="Focal"/>.</summary>
    public static readonly Variant CrossEntropy = new("CE, π = 0.01", 30.2, "1a", seed => LossAblation.CrossEntropy.Create(seed));

    /// <summary>Focal loss with the γ that is the best one in so short a training.</summary>
    public static readonly Variant Focal = new("FL, γ = 1, α = .25", 33.7, "1b", seed => Focal1.Create(seed));

    /// <summary>The loss without its numbers: CE, α-CE, FL, OHEM, OHEM 1:3, FL*.</summary>
    public string Family => Name.Split(',')[0];

    /// <summary>In the paper's order. Its table 1d has another backbone (ResNet-101): its rows compare among themselves, FL 36.0.</summary>
    public static readonly IReadOnlyList<Variant> All =
    [
        new("CE, no prior", double.NaN, "4.1", seed => CrossEntropyWithoutPrior.Create(seed)),
        CrossEntropy,
        new("α-CE, α = .25", 10.8, "1a", seed => Balanced25.Create(seed)),
        new("α-CE, α = .5", 30.2, "1a", seed => Balanced5.Create(seed)),
        new("α-CE, α = .75 (FL, γ = 0)", 31.1, "1a", seed => Balanced75.Create(seed)),
        new("α-CE, α = .9", 30.8, "1a", seed => Balanced9.Create(seed)),
        new("FL, γ = .5, α = .5", 32.9, "1b", seed => Focal05.Create(seed)),
        Focal,
        new("FL, γ = 2, α = .25", 34.0, "1b", seed => Focal2.Create(seed)),
        new("FL, γ = 5, α = .25", 32.2, "1b", seed => Focal5.Create(seed)),
        new("OHEM, 128, NMS .5", 32.8, "1d (R101, FL 36.0)", seed => Mining.Create(seed)),
        new("OHEM 1:3, 128, NMS .5", 31.1, "1d (R101, FL 36.0)", seed => MiningOneToThree.Create(seed)),
        new("FL*, γ = 2, β = 1", 33.8, "3", seed => FocalStar.Create(seed)),
    ];
}
