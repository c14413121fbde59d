using System.CommandLine;
using System.Text.Json;
using Fovea.App.Commands;
using Fovea.App.Diagnosis;
using Fovea.Cuda;
using Fovea.Tiny;

namespace Fovea.Tests.App.Diagnosis;

/// <summary>What is said of machines that have this and not that.</summary>
public sealed class DoctorTests
{
    private const string Apt = "sudo apt-get install python3-torchvision";
    private const string Pip = "python3 -m pip install torch torchvision";
    private static readonly MachineView Bare = FakeMachine.Bare;

    [Theory]
    [InlineData(nameof(HostSystem.Debian), "sudo apt-get install nvidia-driver")]
    [InlineData(nameof(HostSystem.Ubuntu), "sudo ubuntu-drivers install")]
    [InlineData(nameof(HostSystem.Linux), "xdg-open https://www.nvidia.com/drivers")]
    [InlineData(nameof(HostSystem.Windows), "start https://www.nvidia.com/drivers")]
    [InlineData(nameof(HostSystem.MacOS), null)]
    public void Without_CUDA_driver_and_cuDNN_are_named_with_the_command_that_brings_them(string host, string? command)
    {
        var found = CudaProbe.Find(Bare with { Host = Enum.Parse<HostSystem>(host) }).ToArray();
        Assert.Equal(["driver", "cuDNN 9", "kernels"], found.Select(f => f.Name));
        Assert.Equal([Verdict.Note, Verdict.Note, Verdict.Ok], found.Select(f => f.Verdict));
        Assert.EndsWith("tried the system's loader: libcuda.so.1: cannot open shared object file", found[0].Found, StringComparison.Ordinal);
        Assert.Equal(("--device cuda", command), (found[0].NeededFor, found[0].Command));
        Assert.Contains("libcudnn.so.9", found[1].Found, StringComparison.Ordinal);
        Assert.Equal(command is not null, found[1].Command?.Contains("pip install", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void In_a_container_the_driver_is_the_host_s() => Assert.Equal(
        "docker run --gpus all …", CudaProbe.Find(Bare.With(("/.dockerenv", ""))).First().Command);

    [Theory]
    [InlineData(nameof(HostSystem.Debian), null, "python3 -m pip install --user --break-system-packages nvidia-cudnn-cu12")]
    [InlineData(nameof(HostSystem.Debian), "/home/a/venv", "python3 -m pip install nvidia-cudnn-cu12")]
    [InlineData(nameof(HostSystem.Windows), null, "python -m pip install nvidia-cudnn-cu12")]
    public void CUDA_without_cuDNN_detects_slower(string host, string? environment, string command)
    {
        var machine = Bare with { Host = Enum.Parse<HostSystem>(host) };
        machine = environment is null ? machine : machine.WithVariables(("VIRTUAL_ENV", environment));
        var missing = Bare.Cuda()!.CudnnProblem;
        var found = CudaProbe.Find(machine with { Cuda = () => FakeMachine.Gpu with { Cudnn = null, CudnnProblem = missing } }).ToArray();
        Assert.Equal(Verdict.Ok, found[0].Verdict);
        var cudnn = found.Single(f => f.Name == "cuDNN 9");
        Assert.Equal((Verdict.Note, command), (cudnn.Verdict, cudnn.Command));
        Assert.StartsWith("fast convolutions", cudnn.NeededFor, StringComparison.Ordinal);
    }

    [Fact]
    public void All_of_CUDA_is_told_with_versions_places_and_devices()
    {
        var machine = Bare with
        {
            Cuda = () => FakeMachine.Gpu,
            LoadedFile = name => name == "libcuda.so" ? "/lib/libcuda.so.570.1" : "/wheels/libcudnn.so.9",
        };
        var found = CudaProbe.Find(machine).ToDictionary(f => f.Name);
        Assert.Equal("libcuda.so.1, CUDA 12.8, /lib/libcuda.so.570.1", found["driver"].Found);
        Assert.Equal("Fake H200 (9.0, 132 SMs, 142336 MiB)", found["cuda"].Found);
        Assert.Equal("9.10.2, /wheels/libcudnn.so.9", found["cuDNN 9"].Found);
        Assert.Equal("3 files of PTX, for sm_75, sm_80 and later", found["kernels"].Found);
        Assert.Equal(Verdict.Note, found["cuda:1"].Verdict);
        Assert.Contains("below 7.5", found["cuda:1"].Found, StringComparison.Ordinal);
        Assert.All(found.Values.Where(f => f.Name != "cuda:1"), f => Assert.Equal((Verdict.Ok, null), (f.Verdict, f.Command)));
    }

    [Fact]
    public void CUDA_that_was_left_out_and_cuDNN_that_is_not_wanted_are_told()
    {
        Assert.Contains("FoveaCuda=false", Assert.Single(CudaProbe.Find(Bare with { Cuda = () => null })).Found, StringComparison.Ordinal);
        var unwanted = CudaProbe.Find(Bare with { Cuda = () => FakeMachine.Gpu with { Cudnn = null } }).Single(f => f.Name == "cuDNN 9");
        Assert.Contains("FOVEA_CUDNN=none", unwanted.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0::/a/b", "/sys/fs/cgroup/a/b/cpu.max", "150000 100000", 1.5)]
    [InlineData("0::/a/b", "/sys/fs/cgroup/a/cpu.max", "150000 100000\n", 1.5)]
    [InlineData("0::/of/the/host", "/sys/fs/cgroup/cpu.max", "200000 100000", 2.0)]
    [InlineData("0::/", "/sys/fs/cgroup/cpu.max", "max 100000", null)]
    [InlineData("0::/", "/sys/fs/cgroup/cpu.max", "nonsense", null)]
    [InlineData("3:cpuset:/x\n1:cpuacct,cpu:/a", "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "50000", 0.5)]
    [InlineData("1:cpuset:/a", "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "50000", null)]
    [InlineData("1:cpu:/a", "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1", null)]
    public void A_container_s_limit_of_processors_is_found(string groups, string file, string text, double? expected)
    {
        var machine = Bare.With(("/proc/self/cgroup", groups), (file, text), ("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000"));
        Assert.Equal(expected, new ControlGroups(machine.Read).Processors);
    }

    [Theory]
    [InlineData("0::/a", "/sys/fs/cgroup/a/memory.max", "536870912", 536870912L)]
    [InlineData("4:memory:/a", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "536870912\n", 536870912L)]
    [InlineData("4:memory:/a", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712", null)]
    [InlineData("0::/a", "/sys/fs/cgroup/a/memory.max", "max", null)]
    public void A_container_s_limit_of_memory_is_found(string groups, string file, string text, long? expected)
    {
        var machine = Bare.With(
            ("/proc/self/cgroup", groups), (file, text), ("/proc/meminfo", "MemTotal:  8388608 kB\nMemAvailable: 4194304 kB\n"));
        Assert.Equal(expected, new ControlGroups(machine.Read).Memory);
        var found = MemoryProbe.Find(machine).First();
        Assert.StartsWith("8.0 GiB, 4.0 GiB available", found.Found, StringComparison.Ordinal);
        Assert.Equal(expected is null ? Verdict.Ok : Verdict.Note, found.Verdict);
        Assert.Equal(expected is not null, found.Found.EndsWith("the container's limit is 0.5 GiB", StringComparison.Ordinal));
    }

    [Fact]
    public void More_threads_than_the_container_may_keep_busy_are_a_note()
    {
        var machine = Bare.With(
            ("/proc/self/cgroup", "0::/"), ("/sys/fs/cgroup/cpu.max", "250000 100000"), ("/sys/devices/system/cpu/online", "0-6,8-15\n"),
            ("/proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-3,8\n"));
        var found = ProcessorProbe.Find(machine with { UsableProcessors = 3 }, threads: 0).Single(f => f.Name == "threads");
        Assert.StartsWith(
            "3 of 15 processors (affinity 5, the container's limit 2.5); Fovea takes 3 threads", found.Found, StringComparison.Ordinal);
        Assert.Equal((Verdict.Note, "export DOTNET_PROCESSOR_COUNT=2"), (found.Verdict, found.Command));
        var told = ProcessorProbe.Find(machine, threads: 2).Single(f => f.Name == "threads");
        Assert.Equal(Verdict.Ok, told.Verdict);
        Assert.EndsWith("Fovea takes 2 threads", told.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("avx2 fma", "AVX2", false, null)]
    [InlineData("avx2 fma avx512f", "AVX-512", false, null)]
    [InlineData("avx2 fma avx512f", "AVX2", false, "export DOTNET_PreferredVectorBitWidth=512")]
    [InlineData("avx2 fma avx512f", "AVX2", true, "dotnet publish -p:PublishAot=true -p:IlcInstructionSet=x86-64-v4")]
    [InlineData("avx2 fma", "Vector128", true, "dotnet publish -p:PublishAot=true -p:IlcInstructionSet=x86-64-v3")]
    [InlineData("avx2 fma", "Vector128", false, "unset DOTNET_EnableAVX2")]
    [InlineData("sse4_2", "Vector128", false, null)]
    public void Vectors_that_the_processor_has_and_the_program_does_not_use_are_a_note(
        string flags, string used, bool isAheadOfTime, string? command)
    {
        var machine = Bare.With(("/proc/cpuinfo", $"processor\t: 0\nflags\t\t: fpu {flags}\n"));
        machine = machine with { UsedVectorSet = used, IsAheadOfTime = isAheadOfTime };
        machine = used == "Vector128" ? machine.WithVariables(("DOTNET_EnableAVX2", "0")) : machine;
        var found = ProcessorProbe.Find(machine, threads: 0).Single(f => f.Name == "vectors");
        Assert.Equal((command is null ? Verdict.Ok : Verdict.Note, command), (found.Verdict, found.Command));
        Assert.Contains($"Fovea uses {used}", found.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void What_plots_lack_is_named()
    {
        var missing = Assert.Single(PictureProbe.FindSkia(Bare));
        Assert.Equal(("libSkiaSharp", "dotnet add package SkiaSharp.NativeAssets.Linux.NoDependencies"), (missing.Name, missing.Command));
        var fonts = PictureProbe.FindSkia(Bare with { Skia = () => "119.0" }).Single(f => f.Name == "fonts");
        Assert.Equal((Verdict.Note, "sudo apt-get install fonts-dejavu-core"), (fonts.Verdict, fonts.Command));
    }

    [Theory]
    [InlineData("python 3.13.5\nfile /usr/bin/python3\ntorch 2.6.0\ntorchvision 0.21.0+cpu\n", null, null)]
    [InlineData("python 3.13.5\nfile /usr/bin/python3\ntorch 2.6.0\ntorchvision !No module", "torchvision", Apt)]
    [InlineData("python 3.9.1\nfile /home/a/bin/python3\ntorch 1.11.0\ntorchvision 0.12.0\n", "torchvision", Pip)]
    [InlineData("python 3.9.1\nfile /usr/bin/python3\r\ntorchvision 0.13.1\r\n", "torch", Apt)]
    public void Torchvision_is_told_or_missing(string printed, string? missing, string? command)
    {
        var machine = Bare with { Python = (_, _, _) => printed };
        foreach (var isAsked in (bool[])[false, true])
        {
            var bad = PythonProbe.Find(machine, "python3", isAsked, default).SingleOrDefault(f => f.Verdict != Verdict.Ok);
            Assert.Equal((missing, command), (bad?.Name, bad?.Command));
            Assert.True(bad is null || bad.Verdict == (isAsked ? Verdict.Problem : Verdict.Note));
        }
    }

    [Fact]
    public void A_Python_that_does_not_start_is_a_line()
    {
        var found = Assert.Single(PythonProbe.Find(Bare, "python3", isAsked: false, default));
        Assert.Equal((Verdict.Note, "verify --torch", Apt), (found.Verdict, found.NeededFor, found.Command));
    }

    [Fact]
    public void A_probe_that_throws_is_a_line_and_the_others_are_asked()
    {
        var report = Doctor.Examine(
            [
                new("a", () => throw new TypeInitializationException("X", new DllNotFoundException("no\nlibrary"))),
                new("b", () => [new("b", "b", Verdict.Ok, "there")]),
            ],
            default);
        Assert.Equal([new("a", "a", Verdict.Note, "no library"), new("b", "b", Verdict.Ok, "there")], report.Findings);
        Assert.True(report.Works);
        Assert.False(Doctor.Examine([new("a", () => throw new InvalidOperationException(), Verdict.Problem)], default).Works);
    }

    [Fact]
    public void On_a_machine_that_says_nothing_no_probe_throws()
    {
        var report = Doctor.Examine(Doctor.MachineProbes(Bare, threads: 0), default);
        Assert.True(report.Works);
        Assert.DoesNotContain(report.Findings, f => f.Name == f.Topic && f.Topic != "memory");
    }

    [Fact]
    public void On_this_machine_all_is_found_that_dotnet_tells()
    {
        var findings = Doctor.Examine(Doctor.MachineProbes(new MachineView(), threads: 0), default).Findings;
        string Found(string name) => findings.Single(f => f.Name == name).Found;
        Assert.Contains(Environment.Version.ToString(), Found("runtime"), StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"{Environment.ProcessorCount} of "), Found("threads"), StringComparison.Ordinal);
        Assert.Equal(System.Runtime.Intrinsics.X86.Avx2.IsSupported, Found("vectors").Contains("AVX2", StringComparison.Ordinal));
        Assert.DoesNotContain(findings, f => f.Verdict == Verdict.Problem);
    }

    [Theory]
    [InlineData("ID=debian\nVERSION_ID=\"12\"", nameof(HostSystem.Debian))]
    [InlineData("NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"", nameof(HostSystem.Ubuntu))]
    [InlineData("ID=\"fedora\"", nameof(HostSystem.Linux))]
    [InlineData(null, nameof(HostSystem.Linux))]
    public void The_distribution_is_known_by_its_release_file(string? text, string expected) =>
        Assert.Equal(expected, MachineView.LinuxOf(text).ToString());

    [Fact]
    public void Json_has_every_finding_and_reads_back()
    {
        var missing = new Finding("CUDA", "driver", Verdict.Problem, "not \"there\"", "--device cuda", "sudo …");
        var report = new DoctorReport(false, [missing, new("a", "b", Verdict.Ok, "c")]);
        var text = DoctorJson.Write(report);
        var read = JsonSerializer.Deserialize(text, DoctorJson.Default.DoctorReport)!;
        Assert.Equal(report.Findings, read.Findings);
        using var json = JsonDocument.Parse(text);
        Assert.False(json.RootElement.GetProperty("works").GetBoolean());
        var findings = json.RootElement.GetProperty("findings");
        Assert.Equal(["problem", "ok"], findings.EnumerateArray().Select(f => f.GetProperty("verdict").GetString()));
        Assert.Equal(["topic", "name", "verdict", "found", "neededFor", "command"], findings[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(["topic", "name", "verdict", "found"], findings[1].EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void Text_has_a_line_for_each_finding_and_two_for_what_is_missing()
    {
        var missing = new Finding("CUDA", "driver", Verdict.Note, "not there", "--device cuda", "get it");
        var lines = DoctorText.Write(new DoctorReport(true, [missing, new("CUDA", "kernels", Verdict.Ok, "3")])).ReplaceLineEndings("\n");
        Assert.Equal(
            ["CUDA", "  note     driver       not there", "needed for --device cuda", "$ get it", "  ok       kernels      3", "no problems", ""],
            lines.Split('\n').Select(l => l.StartsWith("     ", StringComparison.Ordinal) ? l.Trim() : l));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0, "--device", "cpu")]
    [InlineData(0, "--device", "cuda")]
    [InlineData(1, "--device", "cuda:7")]
    [InlineData(1, "--device", "bananas")]
    [InlineData(1, "--torch")]
    public async Task The_exit_code_is_1_where_what_was_asked_for_is_missing(int expected, params string[] options)
    {
        using var driver = new RecordingCudaDriver();
        using var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu, Threads = 1, CudaDriver = driver });
        var root = new RootCommand { DoctorCommand.Create(detector, Bare) };
        Assert.Equal(expected, await new CommandLine(root).RunAsync(["doctor", .. options]));
    }

    [Fact]
    public void Help_tells_what_may_be_asked_for()
    {
        using var detector = TileDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        var root = new RootCommand { DoctorCommand.Create(detector, Bare) };
        _ = new CommandLine(root);
        var help = HelpText.Of(root.Subcommands[0], "cells", 100);
        Assert.Contains("usage: cells doctor [options]", help, StringComparison.Ordinal);
        Assert.All(
            (string[])["--torch", "--python PATH", "--json", "--device X", "  cells doctor --device cuda"],
            part => Assert.Contains(part, help, StringComparison.Ordinal));
    }
}
