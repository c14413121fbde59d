namespace Fovea.App.Diagnosis;

/// <summary>Looks for one thing, or a few that belong together.</summary>
/// <param name="Topic">What they belong to.</param>
/// <param name="Find">Looks; it may throw.</param>
/// <param name="WhenItThrows">What that means for the program.</param>
internal sealed record Probe(string Topic, Func<IEnumerable<Finding>> Find, Verdict WhenItThrows = Verdict.Note);

/// <summary>Asks all probes. One that throws is a finding, whatever it throws.</summary>
internal static class Doctor
{
    /// <summary>What does not depend on what is asked for, but for the threads that the detector was told to use.</summary>
    public static IEnumerable<Probe> MachineProbes(MachineView machine, int threads) =>
    [
        new("program", () => ProgramProbe.Find(machine)),
        new("writing", () => ProgramProbe.FindFolders(Environment.CurrentDirectory)),
        new("processor", () => ProcessorProbe.Find(machine, threads)),
        new("memory", () => MemoryProbe.Find(machine)),
        new("pictures", PictureProbe.Find, Verdict.Problem),
        new("pictures", () => PictureProbe.FindSkia(machine)),
        new("CUDA", () => CudaProbe.Find(machine)),
    ];

    /// <summary>Asks them.</summary>
    /// <param name="probes">In the order of the report.</param>
    /// <param name="cancellation">Ends it.</param>
    public static DoctorReport Examine(IEnumerable<Probe> probes, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        foreach (var probe in probes)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                findings.AddRange(probe.Find());
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                var reason = (e is TypeInitializationException { InnerException: { } inner } ? inner : e).Message.ReplaceLineEndings(" ");
                findings.Add(new Finding(probe.Topic, probe.Topic, probe.WhenItThrows, reason));
            }
        }

        return new DoctorReport(findings.TrueForAll(f => f.Verdict != Verdict.Problem), findings);
    }
}
