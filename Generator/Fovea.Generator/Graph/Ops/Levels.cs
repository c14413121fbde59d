namespace Fovea.Generator.Graph.Ops;

/// <summary>
/// A pyramid of its levels, finest first. No code: each level was written where the pyramid has it. Inputs: the levels, views of the
/// output.
/// </summary>
internal sealed class JoinLevels : Op
{
    public override string Name => "join";

    public override bool HasCode => false;

    public override string Method(Node node) => throw new InvalidOperationException($"{node.Output}: joining levels is no call.");

    public override IEnumerable<Operand> Arguments(Node node) => [];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape with { Levels = node.Inputs.Count };

    /// <summary>Each level's gradient is that part of the pyramid's.</summary>
    public override IEnumerable<Contribution> Gradient(Node node, Value dy) =>
        node.Inputs.Select((level, i) => Contribution.To(level, new LevelOf(i), [dy]));

    public override string? Check(Node node)
    {
        for (var i = 0; i < node.Inputs.Count; i++)
        {
            if (node.Inputs[i].View != new View(node.Output, i) || node.Inputs[i].Shape != node.Output.Shape.Level(i))
            {
                var (level, whole) = (node.Inputs[i], node.Output);
                return $"joins {level} {level.Shape} as level {i} of {whole} {whole.Shape}, where it does not lie";
            }
        }

        return null;
    }
}

/// <summary>A level of a pyramid, as a view. No code. Input: the pyramid. Output: the level.</summary>
internal sealed class LevelOf(int level) : Op
{
    public override string Name => "level";

    public override bool HasCode => false;

    public override int? ViewedLevel => level;

    public override string Method(Node node) => throw new InvalidOperationException($"{node.Output}: a view is no call.");

    public override IEnumerable<Operand> Arguments(Node node) => [];

    public override Shape InferShape(Node node) => node.Inputs[0].Shape.Level(level);

    public override string? Check(Node node) => node.Output.View == new View(node.Inputs[0], level)
        ? null
        : $"makes {node.Output}, which is no view of level {level} of {node.Inputs[0]}";

    public override string Attributes(Node node) => $"{level}";
}
