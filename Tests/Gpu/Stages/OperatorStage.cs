using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Fovea.Cuda;
using Fovea.Cuda.Checks;
using Fovea.Cuda.Checks.Operators;
using Fovea.Gpu.Operators;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>3: every operator against its reference, in every precision, twice: the second time the bits must be the same.</summary>
internal sealed partial class OperatorStage : IStage
{
    private static readonly Precision[] Precisions = Enum.GetValues<Precision>();

    /// <inheritdoc/>
    public string Name => "operators";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        using var session = new OperatorSession(context.Machine);
        var checks = OperatorChecks.All.ToList();
        foreach (var precision in Precisions)
        {
            RunAll(context, session, checks, precision);
        }

        var all = AllKernels();
        var missed = all.Except(session.Kernels).Order(StringComparer.Ordinal).ToList();
        var note = missed.Count == 0 ? "all were started" : $"never started: {string.Join(", ", missed)}";
        context.Count(
            "kernels started", session.Kernels.Count, "kernels", string.Create(CultureInfo.InvariantCulture, $"of {all.Count}; {note}"));
    }

    private static void RunAll(StageContext context, OperatorSession session, List<OperatorCheck> checks, Precision precision)
    {
        var tally = new Tally();
        foreach (var check in checks)
        {
            var start = Stopwatch.GetTimestamp();
            RunTwice(context, session, check, precision, tally);
            tally.Add(check.Name, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        context.Count(
            $"{precision}", tally.Passed, "checks",
            string.Create(
                CultureInfo.InvariantCulture,
                $"of {checks.Count}; {tally.Failed} failed, {tally.Unsteady} with other bits the second time, {tally.Silent} without numbers; "
                + $"slowest {tally.Slowest} {tally.SlowestMilliseconds:F0} ms"),
            tally.Failed == 0 && tally.Unsteady == 0);
    }

    private static void RunTwice(StageContext context, OperatorSession session, OperatorCheck check, Precision precision, Tally tally)
    {
        try
        {
            var first = session.Run(check, precision);
            var second = session.Run(check, precision);
            var same = first.Zip(second).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
            tally.Passed += same ? 1 : 0;
            tally.Unsteady += same ? 0 : 1;
            context.Tell($"{precision} {check.Name}", same ? "" : "other bits the second time", same, isDetail: true);
        }
        catch (CheckFailedException) when (!context.Machine.HasNumbers)
        {
            tally.Silent++;
            context.Tell($"{precision} {check.Name}", StageContext.NoNumbers, null, isDetail: true);
        }
        catch (Exception e) when (e is not CudaException { Failure: CudaFailure.DeviceLost })
        {
            tally.Failed++;
            context.Fail($"{precision} {check.Name}", e);
            if (StageContext.IsFatal(e))
            {
                session.Restart();
            }
        }
    }

    /// <summary>source.name of every entry of the PTX.</summary>
    private static HashSet<string> AllKernels() =>
    [
        .. from name in PtxLibrary.Names
           from Match entry in Entry().Matches(Encoding.UTF8.GetString(PtxLibrary.Read(name)))
           select $"{name.Split('.')[0]}.{entry.Groups[1].Value}",
    ];

    [GeneratedRegex(@"\.entry\s+(\w+)")]
    private static partial Regex Entry();

    private sealed class Tally
    {
        public int Passed { get; set; }

        public int Failed { get; set; }

        public int Unsteady { get; set; }

        public int Silent { get; set; }

        public string Slowest { get; private set; } = "";

        public double SlowestMilliseconds { get; private set; }

        public void Add(string name, double milliseconds)
        {
            if (milliseconds > SlowestMilliseconds)
            {
                (Slowest, SlowestMilliseconds) = (name, milliseconds);
            }
        }
    }
}
