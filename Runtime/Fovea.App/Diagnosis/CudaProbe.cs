using Fovea.Cuda;

namespace Fovea.App.Diagnosis;

/// <summary>Driver, devices, cuDNN, kernels.</summary>
internal static class CudaProbe
{
    private const string Topic = "CUDA";
    private const string Computing = "--device cuda";
    private const string Convolving = "fast convolutions with --device cuda; without it our own kernels take 3 to 6 times as long";

    public static IEnumerable<Finding> Find(MachineView machine)
    {
        if (machine.Cuda() is not { } cuda)
        {
            return [new(Topic, "support", Verdict.Note, CudaFeature.WhyLeftOut, Computing)];
        }

        return [.. Driver(machine, cuda), Cudnn(machine, cuda), Kernels(cuda)];
    }

    private static IEnumerable<Finding> Driver(MachineView machine, CudaSurvey cuda)
    {
        const string Name = "driver";
        yield return cuda.DriverProblem is { } problem
            ? new(
                Topic, Name, Verdict.Note, Reason(problem, CudaLibrary.Driver), Computing,
                problem.Failure == CudaFailure.NoDevice ? "nvidia-smi" : new Remedies(machine).CudaDriver)
            : new(Topic, Name, Verdict.Ok, $"{cuda.Driver}{Place(machine, cuda.Driver, "libcuda.so")}");
        foreach (var device in cuda.Devices)
        {
            var name = Device.CudaAt(device.Ordinal).ToString();
            yield return device.Capability >= CudaDriver.MinimumCapability
                ? new(Topic, name, Verdict.Ok, $"{device}")
                : new(Topic, name, Verdict.Note, $"{device}: its compute capability is below 7.5 (Turing)", Computing);
        }
    }

    private static Finding Cudnn(MachineView machine, CudaSurvey cuda)
    {
        var name = CudaLibrary.Cudnn.Name;
        return cuda.CudnnProblem is { } problem
            ? new(Topic, name, Verdict.Note, Reason(problem, CudaLibrary.Cudnn), Convolving, new Remedies(machine).Cudnn)
            : cuda.Cudnn is { } found ? new(Topic, name, Verdict.Ok, $"{found}{Place(machine, found, "libcudnn.so")}")
            : new(Topic, name, Verdict.Note, $"{CudaLibrary.Cudnn.Variable}={CudaLibrary.None} does without it", Convolving);
    }

    private static Finding Kernels(CudaSurvey cuda)
    {
        var architectures = cuda.Kernels.Select(n => n.Split('.')[^2]).Distinct().Order(StringComparer.Ordinal);
        return new(
            Topic, "kernels", Verdict.Ok,
            FormattableString.Invariant($"{cuda.Kernels.Count} files of PTX, for {string.Join(", ", architectures)} and later"));
    }

    /// <summary>Without the advice, for which there is a command here.</summary>
    private static string Reason(CudaException problem, CudaLibrary library) =>
        problem.Message.Split($". {library.Advice}", 2)[0];

    /// <summary>A library that the system's loader has found by its name lies somewhere; the file's name has the driver's version.</summary>
    private static string Place(MachineView machine, string? described, string name) =>
        machine.LoadedFile(name) is { } file && described?.Contains(file, StringComparison.Ordinal) == false ? $", {file}" : "";
}
