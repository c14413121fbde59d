namespace Fovea.Tests.Support;

/// <summary>
/// What an operator must have produced: expected in double by its reference (worked out only where it is compared), actual from the
/// backend.
/// </summary>
internal sealed record OpOutput(string Name, Func<double[]> Expected, Func<float[]> Actual, double Tolerance = 1e-5);

/// <summary>An operator with its operands in place. <see cref="Reset"/> restores operands that the call overwrites.</summary>
internal sealed record PreparedOp(Action Reset, Action Run, params OpOutput[] Outputs);

/// <summary>A row of an operator's case table; it drives parity with the reference, equality of bits and the allocation check.</summary>
public sealed record OpCase
{
    private const long Arena = 1 << 19;
    private readonly Func<CpuRig, PreparedOp> prepare;

    internal OpCase(string name, Func<CpuRig, PreparedOp> prepare) => (Name, this.prepare) = (name, prepare);

    public string Name { get; }

    /// <summary>Elements of the parameter, gradient and statistics buffers.</summary>
    public int Parameters { get; init; } = 1 << 10;

    /// <summary>The fast form agrees with the reference, and touches nothing else in the arena.</summary>
    public void MatchesReference()
    {
        using var rig = Rig(2);
        var op = prepare(rig);
        op.Reset();
        op.Run();
        foreach (var output in op.Outputs)
        {
            Numbers.Close($"{Name} {output.Name}", output.Expected(), output.Actual(), output.Tolerance);
        }

        rig.CheckGaps(Name);
    }

    /// <summary>1, 2, 3 and 5 workers give the same bits.</summary>
    public void SameBitsAtAnyWorkerCount()
    {
        float[][]? expected = null;
        foreach (var workers in new[] { 1, 2, 3, 5 })
        {
            using var rig = Rig(workers);
            var op = prepare(rig);
            op.Reset();
            op.Run();
            var actual = op.Outputs.Select(o => o.Actual()).ToArray();
            expected ??= actual;
            for (var i = 0; i < actual.Length; i++)
            {
                Numbers.SameBits($"{Name} {op.Outputs[i].Name} with {workers} workers", expected[i], actual[i]);
            }
        }
    }

    /// <summary>A warm call allocates nothing on the managed heap.</summary>
    public void AllocatesNothing()
    {
        using var rig = Rig(1);
        var op = prepare(rig);
        op.Reset();

        // One worker: every byte is this thread's.
        Allocations.AssertNone(Name, op.Run);
    }

    private CpuRig Rig(int workers) => new(workers, Arena, Parameters, 0, Parameters);
}
