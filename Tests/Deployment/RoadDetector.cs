namespace Fovea.Deployment;

/// <summary>A detector of usual size: ResNet-18 on 320×320.</summary>
[RetinaNet<Road>(Backbone.ResNet18)]
[InputSize(320, 320)]
public partial class RoadDetector;

/// <summary>What is to be found.</summary>
public enum Road
{
    Car,
    Truck,
    Person,
}
