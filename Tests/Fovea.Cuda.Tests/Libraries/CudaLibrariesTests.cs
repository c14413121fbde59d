namespace Fovea.Cuda.Tests.Libraries;

public sealed class CudaLibrariesTests
{
    private const string Packages = "venv/lib/python3.12/site-packages/nvidia";

    private static readonly string[] Wheels =
    [
        $"{Packages}/cudnn/lib/libcudnn.so.9", $"{Packages}/cudnn/lib/libcudnn_ops.so.9", $"{Packages}/cudnn/lib/libcudnn_graph.so.9",
        $"{Packages}/cublas/lib/libcublas.so.12", $"{Packages}/cublas/lib/libcublasLt.so.12",
        $"{Packages}/cuda_nvrtc/lib/libnvrtc.so.12", $"{Packages}/cuda_nvrtc/lib/libnvrtc-builtins.so.12.8",
    ];

    [Fact]
    public void Dependencies_are_loaded_first_by_path_and_the_library_last()
    {
        using var machine = new DummyMachine();
        machine.Add(Wheels);
        machine.Set("VIRTUAL_ENV", machine["venv"]);

        var loaded = machine.Libraries.Open(CudaLibrary.Cudnn);

        Assert.Equal(
            [
                $"{Packages}/cuda_nvrtc/lib/libnvrtc-builtins.so.12.8", $"{Packages}/cuda_nvrtc/lib/libnvrtc.so.12",
                $"{Packages}/cublas/lib/libcublasLt.so.12", $"{Packages}/cublas/lib/libcublas.so.12",
                $"{Packages}/cudnn/lib/libcudnn_graph.so.9", $"{Packages}/cudnn/lib/libcudnn_ops.so.9",
                $"{Packages}/cudnn/lib/libcudnn.so.9",
            ],
            machine.Loads);
        Assert.Equal(machine[$"{Packages}/cudnn/lib/libcudnn.so.9"], loaded.Path);
        Assert.Equal(6, loaded.Dependencies.Count);
    }

    [Fact]
    public void A_library_is_opened_once()
    {
        using var machine = new DummyMachine();
        machine.Known.Add("libcuda.so.1");
        var libraries = machine.Libraries;

        Assert.Same(libraries.Open(CudaLibrary.Driver), libraries.Open(CudaLibrary.Driver));
        Assert.Equal(["libcuda.so.1"], machine.Loads);
    }

    [Theory]
    [InlineData("elsewhere")]
    [InlineData("elsewhere/libcudnn.so.9")]
    public void A_variable_may_name_a_folder_or_a_file_and_goes_first(string value)
    {
        using var machine = new DummyMachine();
        machine.Add(Wheels);
        machine.Add("elsewhere/libcudnn.so.9", "elsewhere/libcudnn_ops.so.9");
        machine.Set("VIRTUAL_ENV", machine["venv"]);
        machine.Set("FOVEA_CUDNN", machine[value]);

        machine.Libraries.Open(CudaLibrary.Cudnn);

        Assert.Equal(["elsewhere/libcudnn_ops.so.9", "elsewhere/libcudnn.so.9"], machine.Loads);
    }

    [Theory, InlineData("none", true), InlineData("elsewhere", false), InlineData("", false), InlineData(null, false)]
    public void A_variable_may_say_that_the_library_is_not_wanted(string? value, bool expected)
    {
        using var machine = new DummyMachine();
        machine.Set("FOVEA_CUDNN", value!);
        Assert.Equal(expected, machine.Libraries.IsUnwanted(CudaLibrary.Cudnn));
    }

    [Fact]
    public void An_option_goes_before_the_variable()
    {
        using var machine = new DummyMachine();
        machine.Add("a/libcuda.so.1", "b/libcuda.so.1");
        machine.Set("FOVEA_CUDA_LIBRARY", machine["a"]);
        var libraries = new CudaLibraries(
            machine.Environment, new Dictionary<CudaLibrary, string> { [CudaLibrary.Driver] = machine["b"] });

        Assert.Equal(machine["b/libcuda.so.1"], libraries.Open(CudaLibrary.Driver).Path);
    }

    [Fact]
    public void A_variable_that_leads_nowhere_is_an_error_and_not_passed_over()
    {
        using var machine = new DummyMachine();
        machine.Known.Add("libcuda.so.1");
        machine.Set("FOVEA_CUDA_LIBRARY", machine["absent.so"]);

        var failure = Assert.Throws<CudaException>(() => machine.Libraries.Open(CudaLibrary.Driver));

        Assert.Equal(CudaFailure.NoDriver, failure.Failure);
        Assert.Equal(
            $"the CUDA driver cannot be opened: expected libcuda.so.1, tried FOVEA_CUDA_LIBRARY ({machine["absent.so"]}): "
            + $"there is no {machine["absent.so"]}. Install the NVIDIA driver (in a container: start it with access to the device), "
            + "or use --device cpu; FOVEA_CUDA_LIBRARY may name its file or folder.",
            failure.Message);
    }

    [Fact]
    public void A_missing_cuDNN_says_what_was_looked_for_where_and_how_to_get_it()
    {
        using var machine = new DummyMachine();
        Directory.CreateDirectory(machine["venv/lib/python3.12/site-packages"]);
        machine.Set("VIRTUAL_ENV", machine["venv"]);

        var failure = Assert.Throws<CudaException>(() => machine.Libraries.Open(CudaLibrary.Cudnn));

        Assert.Equal(CudaFailure.Cudnn, failure.Failure);
        Assert.Equal(
            "cuDNN 9 cannot be opened: expected libcudnn.so.9, tried the system's loader: libcudnn.so.9 does not load; "
            + $"not in {machine[Packages]}. Install it with 'pip install nvidia-cudnn-cu12', from your distribution or from NVIDIA, "
            + "or use --device cpu; FOVEA_CUDNN may name its file or folder.",
            failure.Message);
    }

    [Fact]
    public void A_library_that_does_not_load_gives_the_loader_s_reason_and_the_next_is_tried()
    {
        using var machine = new DummyMachine();
        machine.Add(Wheels[0]);
        machine.Set("VIRTUAL_ENV", machine["venv"]);
        machine.Broken[Wheels[0]] = "invalid ELF header";

        var failure = Assert.Throws<CudaException>(() => machine.Libraries.Open(CudaLibrary.Cudnn));
        machine.Known.Add("libcudnn.so.9");
        var loaded = machine.Libraries.Open(CudaLibrary.Cudnn);

        Assert.Contains(
            "tried the Python environment: invalid ELF header; the system's loader: ",
            failure.Message,
            StringComparison.Ordinal);
        Assert.Equal("libcudnn.so.9", loaded.Path);
    }

    [Fact]
    public void The_system_s_loader_says_why_in_one_line()
    {
        var libraries = CudaLibraries.WithDriver(typeof(CudaLibrariesTests).Assembly.Location);

        var failure = Assert.Throws<CudaException>(() => libraries.Open(CudaLibrary.Driver));

        Assert.DoesNotContain('\n', failure.Message);
        Assert.Contains(".dll: ", failure.Message, StringComparison.Ordinal);
    }
}
