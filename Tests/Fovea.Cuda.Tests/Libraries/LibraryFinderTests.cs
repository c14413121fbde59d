namespace Fovea.Cuda.Tests.Libraries;

/// <summary>Where a wheel is found, by each layout that Python has.</summary>
public sealed class LibraryFinderTests
{
    private const string Wheel = "nvidia/cudnn/lib/libcudnn.so.9";

    [Theory]
    [InlineData("VIRTUAL_ENV", "env/lib/python3.12/site-packages")]
    [InlineData("CONDA_PREFIX", "env/lib/python3.9/site-packages")]
    public void In_the_environment_that_a_variable_names(string variable, string packages)
    {
        using var machine = new DummyMachine();
        machine.Add($"{packages}/{Wheel}");
        machine.Set(variable, machine["env"]);

        Assert.Equal([machine[$"{packages}/{Wheel}"], "libcudnn.so.9"], Paths(machine));
    }

    [Theory]
    [InlineData("lib/python3.11/site-packages")]
    [InlineData("lib/python3/dist-packages")]
    [InlineData("local/lib/python3.11/dist-packages")]
    public void Beside_the_interpreter_on_PATH(string packages)
    {
        using var machine = new DummyMachine();
        machine.Add("usr/bin/python3", $"usr/{packages}/{Wheel}");
        machine.Set("PATH", $"{machine["nothing"]}:{machine["usr/bin"]}");

        Assert.Equal(machine[$"usr/{packages}/{Wheel}"], Paths(machine)[0]);
    }

    [Fact]
    public void Of_a_linked_interpreter_at_either_end_and_of_its_version_only()
    {
        using var machine = new DummyMachine();
        machine.Add("usr/bin/python3.11", $"usr/lib/python3.11/site-packages/{Wheel}", $"usr/lib/python3.13/site-packages/{Wheel}");
        machine.Add($"venv/lib/python3.11/site-packages/{Wheel}");
        machine.Link("venv/bin/python3", "usr/bin/python3.11");
        machine.Set("PATH", machine["venv/bin"]);

        Assert.Equal(
            [machine[$"venv/lib/python3.11/site-packages/{Wheel}"], machine[$"usr/lib/python3.11/site-packages/{Wheel}"], "libcudnn.so.9"],
            Paths(machine));
    }

    [Fact]
    public void Behind_a_shim_of_pyenv()
    {
        using var machine = new DummyMachine();
        machine.Add("pyenv/shims/python3", $"pyenv/versions/3.12.1/lib/python3.12/site-packages/{Wheel}");
        File.WriteAllText(machine["pyenv/version"], "3.12.1\n");
        machine.Set("PATH", machine["pyenv/shims"]);

        Assert.Equal(machine[$"pyenv/versions/3.12.1/lib/python3.12/site-packages/{Wheel}"], Paths(machine)[0]);
    }

    [Fact]
    public void Among_the_user_s_own_packages()
    {
        using var machine = new DummyMachine();
        machine.Add("usr/bin/python3", $"home/.local/lib/python3.12/site-packages/{Wheel}");
        machine.Set("PATH", machine["usr/bin"]);
        machine.Set("HOME", machine["home"]);

        Assert.Equal(machine[$"home/.local/lib/python3.12/site-packages/{Wheel}"], Paths(machine)[0]);
    }

    [Fact]
    public void In_conda_s_common_folder()
    {
        using var machine = new DummyMachine();
        machine.Add("conda/lib/libcudnn.so.9");
        machine.Set("CONDA_PREFIX", machine["conda"]);

        Assert.Equal([machine["conda/lib/libcudnn.so.9"], "libcudnn.so.9"], Paths(machine));
    }

    [Fact]
    public void The_newest_of_several_versions_first()
    {
        using var machine = new DummyMachine();
        machine.Add($"env/lib/python3.9/site-packages/{Wheel}", $"env/lib/python3.12/site-packages/{Wheel}");
        machine.Set("VIRTUAL_ENV", machine["env"]);

        Assert.Equal(machine[$"env/lib/python3.12/site-packages/{Wheel}"], Paths(machine)[0]);
    }

    [Fact]
    public void On_Windows_by_other_names_in_other_folders()
    {
        using var machine = new DummyMachine { IsWindows = true };
        machine.Add("env/Lib/site-packages/nvidia/cudnn/bin/cudnn64_9.dll", "env/Lib/site-packages/nvidia/cudnn/bin/cudnn_ops64_9.dll");
        machine.Add("env/Lib/site-packages/nvidia/cublas/bin/cublas64_12.dll");
        machine.Set("VIRTUAL_ENV", machine["env"]);

        var found = new LibraryFinder(machine.Environment).Find(CudaLibrary.Cudnn);

        Assert.Equal(machine["env/Lib/site-packages/nvidia/cudnn/bin/cudnn64_9.dll"], found[0].Path);
        Assert.Equal(["cublas64_12.dll", "cudnn_ops64_9.dll"], found[0].Dependencies.Select(Path.GetFileName));
        Assert.Equal("nvcuda.dll", new LibraryFinder(machine.Environment).Find(CudaLibrary.Driver).Single().Path);
    }

    [Fact]
    public void The_driver_s_library_is_never_taken_from_Python()
    {
        using var machine = new DummyMachine();
        machine.Add("env/lib/python3.12/site-packages/nvidia/x/lib/libcuda.so.1");
        machine.Set("VIRTUAL_ENV", machine["env"]);

        Assert.Equal("libcuda.so.1", new LibraryFinder(machine.Environment).Find(CudaLibrary.Driver).Single().Path);
    }

    private static string[] Paths(DummyMachine machine) =>
        [.. new LibraryFinder(machine.Environment).Find(CudaLibrary.Cudnn).Select(candidate => candidate.Path)];
}
