using Fovea.Gpu.Running;

try
{
    return GpuProgram.Run(GpuOptions.Parse(args));
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
