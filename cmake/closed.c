/*
 * The empty program of the target FOLDER-closed: linked with every object of one folder and with
 * its declared dependencies alone, it fails to link when an object calls upwards.
 */
int main(void)
{
    return 0;
}
