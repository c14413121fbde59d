using System.Reflection;

namespace Fovea.Tests.Model;

public class DeviceTests
{
    [Theory]
    [InlineData("cpu", DeviceKind.Cpu, 0, "cpu")]
    [InlineData("CUDA", DeviceKind.Cuda, 0, "cuda")]
    [InlineData("cuda:0", DeviceKind.Cuda, 0, "cuda")]
    [InlineData("cuda:3", DeviceKind.Cuda, 3, "cuda:3")]
    [InlineData("auto", DeviceKind.Auto, 0, "auto")]
    public void Names_of_the_command_line_are_read_and_written(string name, DeviceKind kind, int ordinal, string written)
    {
        var device = Device.Parse(name);
        Assert.Equal((kind, ordinal, written), (device.Kind, device.Ordinal, device.ToString()));
        Assert.Equal(device, Device.Parse(device.ToString()));
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:")]
    [InlineData("cpu:1")]
    [InlineData("")]
    public void Other_names_are_no_devices(string name) =>
        Assert.Contains("expected cpu, cuda, cuda:N or auto", Assert.Throws<ArgumentException>(() => Device.Parse(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void There_are_no_devices_but_those_that_the_type_names()
    {
        Assert.Empty(typeof(Device).GetConstructors(BindingFlags.Public | BindingFlags.Instance));
        Assert.All(typeof(Device).GetProperties(BindingFlags.Public | BindingFlags.Instance), p => Assert.False(p.CanWrite, p.Name));
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.CudaAt(-1));
    }

    [Fact]
    public void Equal_devices_are_the_same_place()
    {
        Assert.Equal(Device.Cuda, Device.CudaAt(0));
        Assert.Equal(Device.CudaAt(2), Device.CudaAt(2));
        Assert.NotEqual(Device.CudaAt(2), Device.CudaAt(1));
        Assert.NotEqual(Device.Cpu, Device.Auto);
    }
}
