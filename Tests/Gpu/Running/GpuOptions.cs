using Fovea.Gpu.Machines;

namespace Fovea.Gpu.Running;

/// <summary>The command line.</summary>
internal sealed record GpuOptions
{
    /// <summary>Help.</summary>
    public const string Usage =
        "Gpu [--out DIR] [--only STAGE] [--quick] [--recording | --simulated] [--goldens DIR] [--python NAME] [--in-process]";

    /// <summary>Where gpu.json and gpu.txt go.</summary>
    public string Out { get; init; } = ".";

    /// <summary>The name or number of the one stage to run; null for all.</summary>
    public string? Only { get; init; }

    /// <summary>Fewer shapes, steps and pixels.</summary>
    public bool Quick { get; init; }

    /// <summary>What to run on.</summary>
    public MachineKind Machine { get; init; }

    /// <summary>The goldens' folder.</summary>
    public string Goldens { get; init; } = FindGoldens();

    /// <summary>The interpreter that has PyTorch.</summary>
    public string Python { get; init; } = "python3";

    /// <summary>Whether all stages share this process; else each gets its own, and a crash costs one stage.</summary>
    public bool InProcess { get; init; }

    /// <summary>Whether another process has begun gpu.json and will end it.</summary>
    public bool IsChild { get; init; }

    /// <summary>Reads arguments.</summary>
    /// <exception cref="ArgumentException">One is unknown or lacks its value.</exception>
    public static GpuOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new GpuOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            options = arguments[i] switch
            {
                "--out" => options with { Out = ValueOf(arguments, ref i) },
                "--only" => options with { Only = ValueOf(arguments, ref i) },
                "--goldens" => options with { Goldens = ValueOf(arguments, ref i) },
                "--python" => options with { Python = ValueOf(arguments, ref i) },
                "--quick" => options with { Quick = true },
                "--recording" => options with { Machine = MachineKind.Recording },
                "--simulated" => options with { Machine = MachineKind.Simulated },
                "--in-process" => options with { InProcess = true },
                "--child" => options with { IsChild = true },
                var other => throw new ArgumentException($"{other}: unknown option. {Usage}"),
            };
        }

        return options;
    }

    /// <summary>The arguments of a process that runs one stage of these options.</summary>
    public IReadOnlyList<string> ForChild(string stage)
    {
        List<string> arguments = ["--child", "--only", stage, "--out", Out, "--goldens", Goldens, "--python", Python];
        if (Quick)
        {
            arguments.Add("--quick");
        }

        if (Machine != MachineKind.Real)
        {
            arguments.Add(Machine == MachineKind.Recording ? "--recording" : "--simulated");
        }

        return arguments;
    }

    private static string ValueOf(ReadOnlySpan<string> arguments, ref int i) =>
        i + 1 < arguments.Length ? arguments[++i] : throw new ArgumentException($"{arguments[i]}: expected a value. {Usage}");

    private static string FindGoldens() => Environment.GetEnvironmentVariable("FOVEA_GOLDENS") is { Length: > 0 } set
        ? set
        : Path.Combine(AppContext.BaseDirectory, "goldens");
}
